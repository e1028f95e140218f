/* The unit of bcc's macro for ring buffers; the kernel is told bytes, so any machine's will do. */
#pragma once
#define PAGE_SIZE 4096
