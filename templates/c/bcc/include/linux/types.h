/* The names that bcc's own headers and the rendered programs give to integers. */
#pragma once
typedef __UINT8_TYPE__ u8, __u8;
typedef __UINT16_TYPE__ u16, __u16, __be16;
typedef __UINT32_TYPE__ u32, __u32, __be32, __wsum;
typedef unsigned long long u64, __u64, __be64; /* what the kernel makes of it on every machine */
typedef __INT8_TYPE__ s8, __s8;
typedef __INT16_TYPE__ s16, __s16;
typedef __INT32_TYPE__ s32, __s32;
typedef long long s64, __s64;
typedef __SIZE_TYPE__ size_t;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef _Bool bool;
enum { false, true };
#define NULL ((void *)0)
#define __aligned_u64 __u64 __attribute__((aligned(8)))
#define __always_inline inline __attribute__((always_inline))
