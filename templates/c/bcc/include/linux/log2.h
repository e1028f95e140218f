/* What bcc's macro for stack trace maps rounds their max_entries with. */
#pragma once
#define roundup_pow_of_two(n) ((n) < 2 ? 1 : 1ULL << (64 - __builtin_clzll((n) - 1)))
