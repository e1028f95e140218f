/* load: verifier-rejected at 16: a length or an index is not shown to be within its limits */
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
    s64 length = ctx[2];
#line 16 "spec.yaml"
    bpf_probe_read_user(entry->text, length, (void *)ctx[3]);
#line 20 "spec.yaml"
    return 0;
}
