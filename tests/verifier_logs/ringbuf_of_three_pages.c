/* compile: map-refused at 6: the kernel refuses the map `lines`: invalid argument */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 6 "spec.yaml"
BPF_RINGBUF_OUTPUT(m_lines, 3);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 20 "spec.yaml"
    return 0;
}
