/* death: loader-died at 15: the process that compiles and loads was ended by SIGABRT */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 12 "spec.yaml"
    s64 dividend = ctx[2];
#line 15 "spec.yaml"
    return dividend / (s64)ctx[3];
#line 20 "spec.yaml"
    return 0;
}
