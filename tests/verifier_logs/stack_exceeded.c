/* compile: stack-exceeded at 9: the values of this program need more than the 512 bytes of stack that the kernel gives */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 15 "spec.yaml"
    char text[600];
#line 16 "spec.yaml"
    bpf_get_current_comm(text, sizeof text);
#line 20 "spec.yaml"
    return 0;
}
