/* The kernel options that bcc asks for: read before every other file, as a kernel build does. */
#pragma once
#define CONFIG_BPF_SYSCALL 1
