/* The text of examples/invoices/job.sql inside the program, so that the demo needs no files. */
#include "service/demo/embedded_job.h"

__asm__(".section .rodata\n"
        ".global tg_demo_job_start\n"
        ".global tg_demo_job_end\n"
        "tg_demo_job_start:\n"
        ".incbin \"" TG_SOURCE_DIR "/examples/invoices/job.sql\"\n"
        "tg_demo_job_end:\n"
        ".byte 0\n"
        ".previous\n");

extern const char tg_demo_job_start[], tg_demo_job_end[];

struct tg_slice tg_demo_job(void)
{
    return tg_slice_of(tg_demo_job_start, (size_t)(tg_demo_job_end - tg_demo_job_start));
}
