"""What this machine can run: its instruction sets, by the names of qrt.h."""
import platform

NEEDED = {"avx2": {"avx2", "fma"},
          "avx512vnni": {"avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni"}}


def isas():
    """ISAs of this CPU, the slowest first; `scalar` is always there."""
    if platform.machine() == "aarch64":
        return ["scalar", "neon"]
    flags = set()
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("flags"):
                flags = set(line.split())
                break
    return ["scalar", *(isa for isa, names in NEEDED.items() if names <= flags)]
