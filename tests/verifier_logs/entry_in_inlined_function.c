/* load: verifier-rejected at 16: a map's entry is used before it is known to be there, or beyond its end */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 16 "spec.yaml"
static __always_inline void add(struct entry *entry)
{
#line 16 "spec.yaml"
    entry->a += 1;
}
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 12 "spec.yaml"
    u32 key = 3;
    struct entry *entry = m_entries.lookup(&key);
#line 15 "spec.yaml"
    add(entry);
#line 20 "spec.yaml"
    return 0;
}
