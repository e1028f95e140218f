#include <linux/types.h>

#ifndef PK_SESSION
#define PK_SESSION 0
#endif
#define PK_TEXT_OF(x) #x
#define PK_TEXT(x) PK_TEXT_OF(x)

struct pk_control { u64 active; u64 self; };
struct pk_counts { u64 count[3]; };
struct pk_type0 { u32 f_index; u32 f_value0; };

BPF_F_TABLE("array", u32, struct pk_control, pk_control, 1, 0);
BPF_F_TABLE("percpu_array", u32, struct pk_counts, pk_counts, 1, 0);
BPF_RINGBUF_OUTPUT(pk_prints, 1048576 / PAGE_SIZE);

#define PK_GENERATION 1

/* A field of the event. The compiler may neither move nor merge these loads: the verifier wants
 * each at a constant offset. */
#define PK_FIELD(type, loaded, offset) ({ \
	u64 pk_field; \
	asm volatile("%0 = *(" #loaded " *)(%1 + %2)" : "=r"(pk_field) : "r"(ctx), "i"(offset)); \
	(type)pk_field; \
})

static __always_inline u32 pk_pid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline u32 pk_tid(void)
{
	return bpf_get_current_pid_tgid();
}

static __always_inline u32 pk_uid(void)
{
	return bpf_get_current_uid_gid();
}

static __always_inline u32 pk_gid(void)
{
	return bpf_get_current_uid_gid() >> 32;
}

/* The compiler turns only short fills and copies into instructions. */
static __always_inline void pk_zero(void *target, u32 size)
{
	if (size <= 512) {
		__builtin_memset(target, 0, size);
		return;
	}
	for (u32 i = 0; i < size; i++)
		((volatile char *)target)[i] = 0;
}

static __always_inline void pk_copy(void *target, const void *from, u32 size)
{
	if (size <= 512) {
		__builtin_memcpy(target, from, size);
		return;
	}
	for (u32 i = 0; i < size; i++)
		((volatile char *)target)[i] = ((const char *)from)[i];
}

/* Up to the NUL, NULs after it: equal texts are equal bytes. The last byte is always a NUL. */
static __always_inline void pk_copy_text(char *target, u32 size, const char *from, u32 length)
{
	u8 ended = 0;

	for (u32 i = 0; i < size; i++) {
		char next = !ended && i < length && i < size - 1 ? from[i] : 0;
		ended |= next == 0;
		((volatile char *)target)[i] = next;
	}
}

static __always_inline u8 pk_text_equal(const char *a, u32 a_size, const char *b, u32 b_size)
{
	u32 size = a_size < b_size ? a_size : b_size;

	for (u32 i = 0; i < size; i++) {
		if (a[i] != b[i]) return 0;
		if (!a[i]) return 1;
	}
	if (a_size > size) return a[size] == 0;
	if (b_size > size) return b[size] == 0;
	return 1;
}

static __always_inline void pk_failed(struct pk_counts *counts, long error, u32 full, u32 failed)
{
	counts->count[error == -7 ? full : failed] += 1; /* -E2BIG */
}

/* Division truncates toward zero; BPF has none for signed numbers, so it is done by sign. */
static __always_inline u64 pk_divide_u64(u64 a, u64 b, u64 *zero_divisions)
{
	if (!b) {
		*zero_divisions += 1;
		return 0;
	}
	return a / b;
}

static __always_inline u64 pk_modulo_u64(u64 a, u64 b, u64 *zero_divisions)
{
	if (!b) {
		*zero_divisions += 1;
		return 0;
	}
	return a % b;
}

static __always_inline u64 pk_abs(s64 a)
{
	return a < 0 ? -(u64)a : (u64)a;
}

static __always_inline s64 pk_divide_s64(s64 a, s64 b, u64 *zero_divisions)
{
	u64 quotient = pk_divide_u64(pk_abs(a), pk_abs(b), zero_divisions);

	return (a < 0) == (b < 0) ? (s64)quotient : (s64)-quotient;
}

static __always_inline s64 pk_modulo_s64(s64 a, s64 b, u64 *zero_divisions)
{
	u64 rest = pk_modulo_u64(pk_abs(a), pk_abs(b), zero_divisions);

	return a < 0 ? (s64)-rest : (s64)rest;
}

static __always_inline u64 pk_min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

static __always_inline u64 pk_max_u64(u64 a, u64 b)
{
	return a > b ? a : b;
}

static __always_inline s64 pk_min_s64(s64 a, s64 b)
{
	return a < b ? a : b;
}

static __always_inline s64 pk_max_s64(s64 a, s64 b)
{
	return a > b ? a : b;
}

/* -1, 0 or 1 by value: a negative number is below every unsigned one. */
static __always_inline s64 pk_compare(u64 a, s64 b)
{
	if (b < 0 || a > (u64)b) return 1;
	return a == (u64)b ? 0 : -1;
}

#line 6 "spec.yaml"
BPF_F_TABLE("hash", u32, u32, m_my_hash_map, 1, 0);

#line 13 "spec.yaml"
int p0_sys_enter_close(void *ctx)
#line 13 "spec.yaml"
{
#line 13 "spec.yaml"
	u32 only = 0;
#line 13 "spec.yaml"
	struct pk_control *control = pk_control.lookup(&only);
#line 13 "spec.yaml"
	if (!control || control->active != PK_GENERATION) return 0;
#line 13 "spec.yaml"
	if (pk_pid() == control->self) return 0;
#line 13 "spec.yaml"
	struct pk_counts *counts = pk_counts.lookup(&only);
#line 13 "spec.yaml"
	if (!counts) return 0;
#line 13 "spec.yaml"
	u64 *zero_divisions = &counts->count[2];
#line 13 "spec.yaml"
	counts->count[0] += 1;
#line 15 "spec.yaml"
u32 v_arg_value;
#line 15 "spec.yaml"
{
#line 15 "spec.yaml"
	u32 key; key = 0ULL;
#line 15 "spec.yaml"
	u32 *found = m_my_hash_map.lookup(&key);
#line 15 "spec.yaml"
	if (found) {
#line 15 "spec.yaml"
v_arg_value = *found;
#line 15 "spec.yaml"
	} else {
#line 15 "spec.yaml"
pk_zero(&v_arg_value, 4); v_arg_value = 0ULL;
#line 15 "spec.yaml"
	}
#line 15 "spec.yaml"
}
#line 19 "spec.yaml"
{
#line 19 "spec.yaml"
	struct pk_type0 *record = pk_prints.ringbuf_reserve(sizeof(struct pk_type0));
#line 19 "spec.yaml"
	if (!record) {
#line 19 "spec.yaml"
		counts->count[1] += 1;
#line 19 "spec.yaml"
	} else {
#line 19 "spec.yaml"
		record->f_index = 0;
#line 19 "spec.yaml"
		record->f_value0 = v_arg_value;
#line 19 "spec.yaml"
		pk_prints.ringbuf_submit(record, 0);
#line 19 "spec.yaml"
	}
#line 19 "spec.yaml"
}
#line 13 "spec.yaml"
	return 0;
#line 13 "spec.yaml"
}
