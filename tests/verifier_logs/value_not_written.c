/* load: verifier-rejected at 15: a value is read that was never written */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 12 "spec.yaml"
    u32 key = 3;
#line 14 "spec.yaml"
    u64 total;
    asm volatile("%0 = r9" : "=r"(total));
#line 15 "spec.yaml"
    return total;
#line 20 "spec.yaml"
    return 0;
}
