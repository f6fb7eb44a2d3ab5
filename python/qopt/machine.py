"""What this machine can run: its instruction sets, by the names of qrt.h."""

NEEDED = {"avx2": {"avx2", "fma"},
          "avxvnni": {"avx2", "avx_vnni"},
          "avx512vnni": {"avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni"},
          "neon": {"asimd"},
          "neon_dot": {"asimddp"},
          "neon_i8mm": {"asimddp", "i8mm"}}


def isas():
    """ISAs of this CPU, the slowest first; `scalar` is always there."""
    flags = set()
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith(("flags", "Features")):  # x86, AArch64
                flags = set(line.split())
                break
    return ["scalar", *(isa for isa, names in NEEDED.items() if names <= flags)]
