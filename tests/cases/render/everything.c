#include <linux/types.h>

#ifndef PK_SESSION
#define PK_SESSION 0
#endif
#define PK_TEXT_OF(x) #x
#define PK_TEXT(x) PK_TEXT_OF(x)

struct pk_control { u64 active; u64 self; };
struct pk_counts { u64 count[16]; };
struct pk_type0 { u32 f_pid; char f_comm[16]; };
struct pk_type1 { u64 f_n; u64 f_t; u16 f_small; u8 pad3[6]; };
struct pk_type2 { char text[16]; };
struct pk_type3 { u32 f_index; u8 pad1[4]; u64 f_value0; u64 f_value1; char f_value2[16]; u32 f_value3; u16 f_value4; u8 pad7[2]; s64 f_value5; char f_value6[4]; u8 pad10[4]; u64 f_value7; };

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

#line 7 "spec.yaml"
BPF_F_TABLE("hash", struct pk_type0, struct pk_type1, m_a, 100, 0);

#line 8 "spec.yaml"
BPF_F_TABLE("percpu_array", u32, u64, m_b, 4, 0);

#line 9 "spec.yaml"
BPF_F_TABLE("array", u32, u64, m_g, 1, 0);

#line 10 "spec.yaml"
BPF_F_TABLE("lru_hash", struct pk_type2, u32, m_c, 10, 0);

#line 12 "spec.yaml"
int p0_sys_enter_close(void *ctx)
#line 12 "spec.yaml"
{
#line 12 "spec.yaml"
	u32 only = 0;
#line 12 "spec.yaml"
	struct pk_control *control = pk_control.lookup(&only);
#line 12 "spec.yaml"
	if (!control || control->active != PK_GENERATION) return 0;
#line 12 "spec.yaml"
	if (pk_pid() == control->self) return 0;
#line 12 "spec.yaml"
	struct pk_counts *counts = pk_counts.lookup(&only);
#line 12 "spec.yaml"
	if (!counts) return 0;
#line 12 "spec.yaml"
	u64 *zero_divisions = &counts->count[2];
#line 13 "spec.yaml"
	if (!(((((u64)PK_FIELD(u32, u32, 16)) >= ((u64)((u32)3ULL))) != 0) && ((({ char pk_left[16]; pk_zero(pk_left, 16); bpf_get_current_comm(pk_left, 16); ((pk_left)[0] == 110 && (pk_left)[1] == 103 && (pk_left)[2] == 105 && (pk_left)[3] == 110 && (pk_left)[4] == 120 && (pk_left)[5] == 0); }) == 0) != 0) && (((({ char pk_left[16]; pk_zero(pk_left, 16); bpf_get_current_comm(pk_left, 16); ((pk_left)[0] == 115 && (pk_left)[1] == 104 && (pk_left)[2] == 0); }) != 0) || (({ char pk_left[16]; pk_zero(pk_left, 16); bpf_get_current_comm(pk_left, 16); ((pk_left)[0] == 98 && (pk_left)[1] == 32 && (pk_left)[2] == 99 && (pk_left)[3] == 0); }) != 0)) != 0))) return 0;
#line 12 "spec.yaml"
	counts->count[0] += 1;
#line 12 "spec.yaml"
	u64 pk_time = bpf_ktime_get_ns();
#line 15 "spec.yaml"
u64 v_x; v_x = ((u64)((u64)PK_FIELD(u32, u32, 16)) * (u64)2ULL);
#line 15 "spec.yaml"
char v_t[16]; pk_zero(v_t, 16); bpf_get_current_comm(v_t, 16);
#line 15 "spec.yaml"
u64 v_y; v_y = pk_min_u64(((u64)PK_FIELD(u32, u32, 16)), 5ULL);
#line 16 "spec.yaml"
{
#line 16 "spec.yaml"
	struct pk_type0 key; pk_zero(&key, 20); key.f_pid = pk_pid(); pk_zero(key.f_comm, 16); bpf_get_current_comm(key.f_comm, 16);
#line 16 "spec.yaml"
	struct pk_type1 value; pk_zero(&value, 24); value.f_n = (((u64)v_x) / 5ULL); value.f_t = pk_time; value.f_small = ((((u64)v_x) > 3ULL) ? ((u64)((u16)v_x)) : 7ULL);
#line 16 "spec.yaml"
	long error = m_a.insert(&key, &value);
#line 16 "spec.yaml"
	if (error == -17) error = 0; /* -EEXIST: not absent */
#line 16 "spec.yaml"
	if (error) pk_failed(counts, error, 6, 7);
#line 16 "spec.yaml"
}
#line 20 "spec.yaml"
struct pk_type1 v_v;
#line 20 "spec.yaml"
{
#line 20 "spec.yaml"
	struct pk_type0 key; pk_zero(&key, 20); key.f_pid = pk_pid(); pk_copy_text(key.f_comm, 16, v_t, 16);
#line 20 "spec.yaml"
	struct pk_type1 *found = m_a.lookup(&key);
#line 20 "spec.yaml"
	if (found) {
#line 20 "spec.yaml"
pk_copy(&v_v, found, 24);
#line 20 "spec.yaml"
	} else {
#line 20 "spec.yaml"
return 0;
#line 20 "spec.yaml"
	}
#line 20 "spec.yaml"
}
#line 23 "spec.yaml"
if ((((u64)v_v.f_n) < 5ULL)) {
#line 25 "spec.yaml"
u64 v_d; v_d = ((u64)((u64)pk_time) - (u64)((u64)v_v.f_t));
#line 26 "spec.yaml"
{
#line 26 "spec.yaml"
	struct pk_type3 *record = pk_prints.ringbuf_reserve(sizeof(struct pk_type3));
#line 26 "spec.yaml"
	if (!record) {
#line 26 "spec.yaml"
		counts->count[1] += 1;
#line 26 "spec.yaml"
	} else {
#line 26 "spec.yaml"
		record->f_index = 0;
#line 26 "spec.yaml"
		pk_zero(record->pad1, 4);
#line 26 "spec.yaml"
		pk_zero(record->pad7, 2);
#line 26 "spec.yaml"
		pk_zero(record->pad10, 4);
#line 26 "spec.yaml"
		record->f_value0 = v_v.f_n;
#line 26 "spec.yaml"
		record->f_value1 = v_d;
#line 26 "spec.yaml"
		pk_copy_text(record->f_value2, 16, v_t, 16);
#line 26 "spec.yaml"
		record->f_value3 = PK_FIELD(u32, u32, 16);
#line 26 "spec.yaml"
		record->f_value4 = v_v.f_small;
#line 26 "spec.yaml"
		record->f_value5 = ((s64)18446744073709551613ULL);
#line 26 "spec.yaml"
		pk_zero(record->f_value6, 4); (record->f_value6)[0] = 108; (record->f_value6)[1] = 105; (record->f_value6)[2] = 116;
#line 26 "spec.yaml"
		record->f_value7 = v_v.f_t;
#line 26 "spec.yaml"
		pk_prints.ringbuf_submit(record, 0);
#line 26 "spec.yaml"
	}
#line 26 "spec.yaml"
}
#line 27 "spec.yaml"
return 0;
#line 27 "spec.yaml"
} else {
#line 29 "spec.yaml"
{
#line 29 "spec.yaml"
	u32 key; key = 3ULL;
#line 29 "spec.yaml"
	u64 *found = m_b.lookup(&key);
#line 29 "spec.yaml"
	long error = -7; /* -E2BIG, as an update outside of the array would give */
#line 29 "spec.yaml"
	if (found) {
#line 29 "spec.yaml"
		__sync_fetch_and_add(found, (u64)(((u64)v_x) % 10ULL));
#line 29 "spec.yaml"
	} else {
#line 29 "spec.yaml"
		pk_failed(counts, error, 8, 9);
#line 29 "spec.yaml"
	}
#line 29 "spec.yaml"
}
#line 32 "spec.yaml"
{
#line 32 "spec.yaml"
	u32 key; key = 0;
#line 32 "spec.yaml"
	u64 *found = m_g.lookup(&key);
#line 32 "spec.yaml"
	long error = -7; /* -E2BIG, as an update outside of the array would give */
#line 32 "spec.yaml"
	if (found) {
#line 32 "spec.yaml"
		__sync_fetch_and_add(found, (u64)1ULL);
#line 32 "spec.yaml"
	} else {
#line 32 "spec.yaml"
		pk_failed(counts, error, 10, 11);
#line 32 "spec.yaml"
	}
#line 32 "spec.yaml"
}
#line 32 "spec.yaml"
}
#line 33 "spec.yaml"
{
#line 33 "spec.yaml"
	struct pk_type2 key; pk_zero(key.text, 16); bpf_get_current_comm(key.text, 16);
#line 33 "spec.yaml"
	u32 value; value = PK_FIELD(u32, u32, 16);
#line 33 "spec.yaml"
	long error = ({ const u64 BPF_ANY = BPF_EXIST; m_c.update(&key, &value); });
#line 33 "spec.yaml"
	if (error == -2) error = 0; /* -ENOENT: not present */
#line 33 "spec.yaml"
	if (error) pk_failed(counts, error, 12, 13);
#line 33 "spec.yaml"
}
#line 37 "spec.yaml"
{
#line 37 "spec.yaml"
	struct pk_type2 key; pk_zero(key.text, 16); (key.text)[0] = 97; (key.text)[1] = 98; (key.text)[2] = 99;
#line 37 "spec.yaml"
	m_c.delete(&key);
#line 37 "spec.yaml"
}
#line 39 "spec.yaml"
{
#line 39 "spec.yaml"
	char format[] = "big[" PK_TEXT(PK_SESSION) "]: %s %llu %llx %llu %08llx";
#line 39 "spec.yaml"
	char text0[16]; pk_zero(text0, 16); bpf_get_current_comm(text0, 16);
#line 39 "spec.yaml"
	u64 values[5];
#line 39 "spec.yaml"
	values[0] = (u64)(long)text0;
#line 39 "spec.yaml"
	values[1] = (u64)((u64)pk_pid());
#line 39 "spec.yaml"
	values[2] = (u64)((u64)pk_tid());
#line 39 "spec.yaml"
	values[3] = (u64)((u64)pk_uid());
#line 39 "spec.yaml"
	values[4] = (u64)((u64)((u32)bpf_get_smp_processor_id()));
#line 39 "spec.yaml"
	bpf_trace_vprintk(format, sizeof(format), values, sizeof(values));
#line 39 "spec.yaml"
}
#line 40 "spec.yaml"
{
#line 40 "spec.yaml"
	char format[] = "big[" PK_TEXT(PK_SESSION) "]: hi";
#line 40 "spec.yaml"
	bpf_trace_printk_(format, sizeof(format));
#line 40 "spec.yaml"
}
#line 12 "spec.yaml"
	return 0;
#line 12 "spec.yaml"
}

#line 41 "spec.yaml"
int p1_sched_process_exec(void *ctx)
#line 41 "spec.yaml"
{
#line 41 "spec.yaml"
	u32 only = 0;
#line 41 "spec.yaml"
	struct pk_control *control = pk_control.lookup(&only);
#line 41 "spec.yaml"
	if (!control || control->active != PK_GENERATION) return 0;
#line 41 "spec.yaml"
	if (pk_pid() == control->self) return 0;
#line 41 "spec.yaml"
	struct pk_counts *counts = pk_counts.lookup(&only);
#line 41 "spec.yaml"
	if (!counts) return 0;
#line 41 "spec.yaml"
	u64 *zero_divisions = &counts->count[5];
#line 41 "spec.yaml"
	counts->count[3] += 1;
#line 43 "spec.yaml"
{
#line 43 "spec.yaml"
	u32 key; key = 0;
#line 43 "spec.yaml"
	u64 *found = m_g.lookup(&key);
#line 43 "spec.yaml"
	long error = -7; /* -E2BIG, as an update outside of the array would give */
#line 43 "spec.yaml"
	if (found) {
#line 43 "spec.yaml"
		__sync_fetch_and_add(found, (u64)1ULL);
#line 43 "spec.yaml"
	} else {
#line 43 "spec.yaml"
		pk_failed(counts, error, 14, 15);
#line 43 "spec.yaml"
	}
#line 43 "spec.yaml"
}
#line 41 "spec.yaml"
	return 0;
#line 41 "spec.yaml"
}
