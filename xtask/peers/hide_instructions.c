/* Preloaded into a peer, hides vector instructions from it, so that it computes as on a processor without them: also
 * where a library asks the processor itself and has no switch, as ONNX Runtime does.
 *
 * Linux can make the instruction CPUID fault (arch_prctl(2), ARCH_SET_CPUID; Intel since Ivy Bridge, where a virtual
 * machine's host allows it). The fault's handler executes it and clears bits of what it says (Intel's manual, volume
 * 2A, "CPUID"). HIDE_INSTRUCTIONS=avx512 hides AVX-512 and AMX, =avx all of AVX and FMA as well. Exits with 70 where
 * CPUID cannot be made to fault. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012
#define BIT(n) (1u << (n))

static int hide_all_avx;

static long allow_cpuid(unsigned long allowed) { return syscall(SYS_arch_prctl, ARCH_SET_CPUID, allowed); }

static void answer(int number, siginfo_t *info, void *context) {
    (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *instruction = (const unsigned char *)registers[REG_RIP];
    if (instruction[0] != 0x0f || instruction[1] != 0xa2) { /* no CPUID: a real fault, taken again without us */
        signal(number, SIG_DFL);
        return;
    }
    unsigned leaf = registers[REG_RAX], part = registers[REG_RCX], a, b, c, d;
    allow_cpuid(1);
    __cpuid_count(leaf, part, a, b, c, d);
    allow_cpuid(0);
    if (leaf == 7 && part == 0) {
        b &= ~(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31));
        c &= ~(BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14));
        d &= ~(BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25));
        if (hide_all_avx) {
            b &= ~BIT(5);
            c &= ~(BIT(9) | BIT(10));
        }
    }
    if (leaf == 7 && part == 1) {
        a &= ~(BIT(5) | BIT(21));
        d &= ~BIT(19); /* AVX10 */
        if (hide_all_avx) a &= ~(BIT(4) | BIT(23));
    }
    if (leaf == 1 && hide_all_avx) c &= ~(BIT(12) | BIT(28) | BIT(29));
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void hide(void) {
    const char *what = getenv("HIDE_INSTRUCTIONS");
    if (!what) return;
    hide_all_avx = !strcmp(what, "avx");
    /* not from what it starts: compilers, say, have handlers of their own */
    unsetenv("LD_PRELOAD");
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSEGV, &action, NULL) || allow_cpuid(0)) _exit(70);
}
