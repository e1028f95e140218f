/* load: verifier-rejected at 9: this program is longer than what the kernel's verifier is willing to follow */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 15 "spec.yaml"
    for (u64 i = 0; i < 500000; i++)
        bpf_ktime_get_ns();
#line 20 "spec.yaml"
    return 0;
}
