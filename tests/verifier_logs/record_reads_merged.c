/* load: verifier-rejected at 15: the compiler merged several reads of the event's record into one */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 12 "spec.yaml"
    u32 key = 3;
    struct entry *entry = m_entries.lookup(&key);
#line 12 "spec.yaml"
    if (!entry)
        return 0;
#line 15 "spec.yaml"
    if (entry->a & 1)
#line 16 "spec.yaml"
        entry->a = ctx[2] + bpf_ktime_get_ns();
#line 17 "spec.yaml"
    else
#line 19 "spec.yaml"
        entry->a = ctx[3] + bpf_ktime_get_ns();
#line 20 "spec.yaml"
    return 0;
}
