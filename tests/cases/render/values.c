#include <linux/types.h>

#ifndef PK_SESSION
#define PK_SESSION 0
#endif
#define PK_TEXT_OF(x) #x
#define PK_TEXT(x) PK_TEXT_OF(x)

struct pk_control { u64 active; u64 self; };
struct pk_counts { u64 count[10]; };
struct pk_type0 { u32 f_pid; char f_who[5]; u8 pad2[3]; };
struct pk_type1 { u64 f_at; u8 f_small; u8 pad2[3]; u32 f_n; };
struct pk_type2 { u32 f_index; u8 pad1[4]; s64 f_value0; u64 f_value1; u8 f_value2; char f_value3[8]; char f_value4[3]; s32 f_value5; u8 f_value6; u8 pad9[7]; };

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

#line 9 "spec.yaml"
BPF_F_TABLE("hash", struct pk_type0, struct pk_type1, m_started, 8, 0);

#line 10 "spec.yaml"
BPF_F_TABLE("array", u32, u32, m_total, 1, 0);

#line 13 "spec.yaml"
int p0_sys_exit_read(void *ctx)
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
#line 14 "spec.yaml"
	if (!(((((s64)PK_FIELD(s64, u64, 16)) > ((s64)((s32)18446744073709551609ULL))) != 0) || (({ char pk_left[16]; pk_zero(pk_left, 16); bpf_get_current_comm(pk_left, 16); ((pk_left)[0] == 97 && (pk_left)[1] == 34 && (pk_left)[2] == 98 && (pk_left)[3] == 92 && (pk_left)[4] == 99 && (pk_left)[5] == 0); }) != 0))) return 0;
#line 13 "spec.yaml"
	counts->count[0] += 1;
#line 13 "spec.yaml"
	u64 pk_time = bpf_ktime_get_ns();
#line 16 "spec.yaml"
struct pk_type1 v_last;
#line 16 "spec.yaml"
{
#line 16 "spec.yaml"
	struct pk_type0 key; pk_zero(&key, 12); key.f_pid = pk_tid(); if ((((u64)pk_pid()) == 1ULL)) { pk_zero(key.f_who, 5); (key.f_who)[0] = 97; } else { pk_zero(key.f_who, 5); (key.f_who)[0] = 98; (key.f_who)[1] = 99; (key.f_who)[2] = 100; }
#line 16 "spec.yaml"
	struct pk_type1 *found = m_started.lookup(&key);
#line 16 "spec.yaml"
	if (found) {
#line 16 "spec.yaml"
pk_copy(&v_last, found, 16);
#line 16 "spec.yaml"
	} else {
#line 16 "spec.yaml"
pk_zero(&v_last, 16); v_last.f_at = pk_time; v_last.f_small = 255ULL; v_last.f_n = 0ULL;
#line 16 "spec.yaml"
	}
#line 16 "spec.yaml"
}
#line 21 "spec.yaml"
u64 v_took; v_took = ((u64)((u64)pk_time) - (u64)((u64)v_last.f_at));
#line 22 "spec.yaml"
s64 v_most; v_most = pk_max_s64(((s64)PK_FIELD(s64, u64, 16)), ((s64)18446744073709551615ULL));
#line 23 "spec.yaml"
s64 v_sum; v_sum = ((s64)((u64)((s64)pk_divide_s64(((s64)((s64)((u64)((s64)0ULL) - (u64)((s64)PK_FIELD(s64, u64, 16))))), ((s64)3ULL), zero_divisions)) + (u64)((s64)(((u64)v_last.f_n) % 5ULL))));
#line 24 "spec.yaml"
if ((((((u64)v_took) > 1500000ULL) != 0) && ((((u64)v_took) != ((u64)((u64)10000000ULL))) != 0) && (((0 < pk_compare(18446744073709551615ULL, ((s64)PK_FIELD(s64, u64, 16)))) == 0) != 0))) {
#line 26 "spec.yaml"
{
#line 26 "spec.yaml"
	u32 key; key = 0;
#line 26 "spec.yaml"
	u32 value; value = ((u64)((u64)((u32)v_sum)) & (u64)255ULL);
#line 26 "spec.yaml"
	long error = ({ const u64 BPF_ANY = BPF_EXIST; m_total.update(&key, &value); });
#line 26 "spec.yaml"
	if (error == -2) error = 0; /* -ENOENT: not present */
#line 26 "spec.yaml"
	if (error) pk_failed(counts, error, 6, 7);
#line 26 "spec.yaml"
}
#line 26 "spec.yaml"
} else {
#line 30 "spec.yaml"
if (((((({ char pk_left[16]; pk_zero(pk_left, 16); bpf_get_current_comm(pk_left, 16); ((pk_left)[0] == 120 && (pk_left)[1] == 0); }) != 0) || (({ char pk_left[16]; pk_zero(pk_left, 16); bpf_get_current_comm(pk_left, 16); ((pk_left)[0] == 105 && (pk_left)[1] == 116 && (pk_left)[2] == 39 && (pk_left)[3] == 115 && (pk_left)[4] == 0); }) != 0)) != 0) || (0 != 0))) {
#line 31 "spec.yaml"
return 0;
#line 31 "spec.yaml"
}
#line 31 "spec.yaml"
}
#line 32 "spec.yaml"
{
#line 32 "spec.yaml"
	struct pk_type2 *record = pk_prints.ringbuf_reserve(sizeof(struct pk_type2));
#line 32 "spec.yaml"
	if (!record) {
#line 32 "spec.yaml"
		counts->count[1] += 1;
#line 32 "spec.yaml"
	} else {
#line 32 "spec.yaml"
		record->f_index = 0;
#line 32 "spec.yaml"
		pk_zero(record->pad1, 4);
#line 32 "spec.yaml"
		pk_zero(record->pad9, 7);
#line 32 "spec.yaml"
		record->f_value0 = v_most;
#line 32 "spec.yaml"
		record->f_value1 = v_took;
#line 32 "spec.yaml"
		record->f_value2 = v_last.f_small;
#line 32 "spec.yaml"
		pk_zero(record->f_value3, 8); (record->f_value3)[0] = 97; (record->f_value3)[1] = 34; (record->f_value3)[2] = 98; (record->f_value3)[3] = 92; (record->f_value3)[4] = 99;
#line 32 "spec.yaml"
		pk_zero(record->f_value4, 3); (record->f_value4)[0] = 195; (record->f_value4)[1] = 169;
#line 32 "spec.yaml"
		record->f_value5 = ((s32)18446744073709551609ULL);
#line 32 "spec.yaml"
		record->f_value6 = (((u64)pk_pid()) == 1ULL);
#line 32 "spec.yaml"
		pk_prints.ringbuf_submit(record, 0);
#line 32 "spec.yaml"
	}
#line 32 "spec.yaml"
}
#line 33 "spec.yaml"
{
#line 33 "spec.yaml"
	char format[] = "values[" PK_TEXT(PK_SESSION) "]: 100%% {%8lld} %llu %02llx %-9s%s %lld";
#line 33 "spec.yaml"
	char text0[6]; pk_zero(text0, 6); (text0)[0] = 97; (text0)[1] = 34; (text0)[2] = 98; (text0)[3] = 92; (text0)[4] = 99;
#line 33 "spec.yaml"
	char text1[2]; pk_zero(text1, 2); (text1)[0] = 101;
#line 33 "spec.yaml"
	u64 values[6];
#line 33 "spec.yaml"
	values[0] = (u64)((s64)v_most);
#line 33 "spec.yaml"
	values[1] = (u64)((u64)v_took);
#line 33 "spec.yaml"
	values[2] = (u64)((u64)v_last.f_small);
#line 33 "spec.yaml"
	values[3] = (u64)(long)text0;
#line 33 "spec.yaml"
	values[4] = (u64)(long)text1;
#line 33 "spec.yaml"
	values[5] = (u64)((s64)18446744073709551615ULL);
#line 33 "spec.yaml"
	bpf_trace_vprintk(format, sizeof(format), values, sizeof(values));
#line 33 "spec.yaml"
}
#line 13 "spec.yaml"
	return 0;
#line 13 "spec.yaml"
}

#line 34 "spec.yaml"
int p1_sys_exit_read(void *ctx)
#line 34 "spec.yaml"
{
#line 34 "spec.yaml"
	u32 only = 0;
#line 34 "spec.yaml"
	struct pk_control *control = pk_control.lookup(&only);
#line 34 "spec.yaml"
	if (!control || control->active != PK_GENERATION) return 0;
#line 34 "spec.yaml"
	if (pk_pid() == control->self) return 0;
#line 34 "spec.yaml"
	struct pk_counts *counts = pk_counts.lookup(&only);
#line 34 "spec.yaml"
	if (!counts) return 0;
#line 34 "spec.yaml"
	u64 *zero_divisions = &counts->count[5];
#line 34 "spec.yaml"
	counts->count[3] += 1;
#line 36 "spec.yaml"
u64 v_took; v_took = (((u64)pk_abs(((s64)PK_FIELD(s64, u64, 16)))) >> ((u64)65ULL & 63));
#line 36 "spec.yaml"
u8 v_flag; v_flag = ((u8)(PK_FIELD(s64, u64, 16) != 0));
#line 37 "spec.yaml"
{
#line 37 "spec.yaml"
	u32 key; key = 0;
#line 37 "spec.yaml"
	u32 *found = m_total.lookup(&key);
#line 37 "spec.yaml"
	long error = -7; /* -E2BIG, as an update outside of the array would give */
#line 37 "spec.yaml"
	if (found) {
#line 37 "spec.yaml"
		__sync_fetch_and_add(found, (u32)((u32)v_took));
#line 37 "spec.yaml"
	} else {
#line 37 "spec.yaml"
		pk_failed(counts, error, 8, 9);
#line 37 "spec.yaml"
	}
#line 37 "spec.yaml"
}
#line 34 "spec.yaml"
	return 0;
#line 34 "spec.yaml"
}
