/* Included by bcc's copy of linux/bpf.h, for macros that write BPF instructions by hand: none. */
#pragma once
