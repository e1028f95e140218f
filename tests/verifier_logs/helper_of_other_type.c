/* load: verifier-rejected at 9: this kernel does not let programs of this type use the helper `bpf_xdp_adjust_head#44` */
struct entry { u64 a; char text[48]; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, struct entry, m_entries, 1000, 0);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 15 "spec.yaml"
    bpf_xdp_adjust_head(ctx, 1);
#line 20 "spec.yaml"
    return 0;
}
