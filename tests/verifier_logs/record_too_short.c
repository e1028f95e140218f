/* load: verifier-rejected at 10: the event's record cannot be read at byte 24000, 8 bytes long */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 10 "spec.yaml"
    return ctx[3000];
#line 20 "spec.yaml"
    return 0;
}
