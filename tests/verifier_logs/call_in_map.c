/* compile: compile-failed at 16: the C does not compile: A call to built-in function 'memcpy' is not supported. */
struct entry { u64 a; char text[48]; };
struct page { char content[4096]; };
#line 5 "spec.yaml"
BPF_F_TABLE("array", u32, struct page, m_pages, 2, 0);
#line 9 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 15 "spec.yaml"
    u32 key = 3;
    struct page *page = m_pages.lookup(&key), *other = m_pages.lookup(&key);
#line 16 "spec.yaml"
    if (page && other)
#line 16 "spec.yaml"
        *page = *other;
#line 20 "spec.yaml"
    return 0;
}
