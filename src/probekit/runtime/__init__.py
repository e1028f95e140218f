"""From C to events: the loader, what is in the kernel, schedules, and the session."""
