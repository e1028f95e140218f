/* load: verifier-rejected at 9: this kernel has no helper `unknown#9999` */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 15 "spec.yaml"
    ((long (*)(void))9999)();
#line 20 "spec.yaml"
    return 0;
}
