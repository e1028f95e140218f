"""What the running kernel offers: bpf(2), perf events, private mounts, tracepoints."""
