using System.Runtime.InteropServices;
using Kansformers.Runtime;

namespace Kansformers.Tests.Runtime;

public class PeakMemoryTests
{
    [Fact]
    public unsafe void The_peak_counts_native_memory_and_does_not_fall_when_it_is_freed()
    {
        // The kernel counts pages per processor and adds up now and then: its sums are exact to some megabytes only.
        const long size = 96 << 20, fuzz = 8 << 20;
        void* block = NativeMemory.Alloc((nuint)size);
        for (long i = 0; i < size; i += 4096)
            ((byte*)block)[i] = 1;
        long during = PeakMemory.Bytes;
        NativeMemory.Free(block);
        Assert.True(during > size - fuzz);
        Assert.True(PeakMemory.Bytes > during - fuzz);
    }

    [Fact]
    public void The_line_of_the_status_file_is_read_in_kibibytes()
    {
        Assert.Equal(123_456L * 1024, PeakMemory.ParseStatus("Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t  123456 kB\nVmRSS:\t 5 kB\n"));
        Assert.Null(PeakMemory.ParseStatus("Name:\tx\nVmRSS:\t 5 kB\n"));
        Assert.Null(PeakMemory.ParseStatus("VmHWM:\tmuch\n"));
    }

    [Fact]
    public void The_system_call_agrees_with_the_status_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "compares two sources that only Linux has");
        long call = PeakMemory.FromResourceUsage()!.Value, file = PeakMemory.Bytes;
        Assert.InRange(call, 0.8 * file, 1.25 * file);
    }
}
