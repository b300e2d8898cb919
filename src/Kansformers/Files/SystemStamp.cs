using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kansformers.Files;

/// <summary>
/// What the system knows of a file beyond what .NET asks for: which file it is, and when anything of it changed last. That time is the system's
/// own: unlike the time of the content (<c>touch -d</c>, <c>rsync -t</c>, <c>tar -x</c>) no program can choose it.
/// </summary>
/// <param name="Length">Its size in bytes.</param>
/// <param name="Written">When its content changed last, or what a program has said of that.</param>
/// <param name="Changed">When anything of it changed last.</param>
/// <param name="Identity">Device and number of the file, and the time of its change as finely as the system knows it.</param>
internal readonly partial record struct SystemStamp(long Length, DateTime Written, DateTime Changed, string Identity)
{
    private const long LatestSecond = 200_000_000_000; // beyond it .NET has no dates

    /// <summary>Asks the system; null where it does not tell. Links are followed.</summary>
    public static SystemStamp? Of(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? OnLinux(path)
                : OperatingSystem.IsWindows() ? OnWindows(path)
                : OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? OnMac(path)
                : null;
        }
        catch (Exception failure) when (failure is EntryPointNotFoundException or DllNotFoundException or IOException or UnauthorizedAccessException)
        {
            return null; // An old system; or the file is gone, which whoever reads it will tell.
        }
    }

    private static SystemStamp? OnLinux(string path)
    {
        const int here = -100, forceSync = 0x2000; // a network file system asks its server
        const uint basic = 0x7FF, needed = 0x80 | 0x100 | 0x200 | 0x40; // time of change, number, size, time of content
        Span<byte> stat = stackalloc byte[256];
        if (Statx(here, path, forceSync, basic, ref stat[0]) != 0 || (BinaryPrimitives.ReadUInt32LittleEndian(stat) & needed) != needed)
            return null;
        string device = string.Create(CultureInfo.InvariantCulture, $"{BitConverter.ToUInt32(stat[136..])}:{BitConverter.ToUInt32(stat[140..])}");
        return Of(device, stat[32..], BitConverter.ToInt64(stat[40..]), stat[112..], stat[96..]);
    }

    private static SystemStamp? OnMac(string path)
    {
        Span<byte> stat = stackalloc byte[256];
        if (Stat(path, ref stat[0]) != 0)
            return null;
        string device = BitConverter.ToInt32(stat).ToString(CultureInfo.InvariantCulture);
        return Of(device, stat[8..], BitConverter.ToInt64(stat[96..]), stat[48..], stat[64..]);
    }

    private static SystemStamp? Of(string device, ReadOnlySpan<byte> number, long length, ReadOnlySpan<byte> written, ReadOnlySpan<byte> changed)
    {
        if (Time(written) is not DateTime content || Time(changed) is not DateTime any)
            return null;
        (ulong file, long second, uint nanosecond) = (BitConverter.ToUInt64(number), BitConverter.ToInt64(changed), BitConverter.ToUInt32(changed[8..]));
        string identity = string.Create(CultureInfo.InvariantCulture, $"{device} {file} {second}.{nanosecond}");
        return new SystemStamp(length, content, any, identity);
    }

    private static DateTime? Time(ReadOnlySpan<byte> time) => BitConverter.ToInt64(time) is long seconds and > -LatestSecond / 4 and < LatestSecond
        ? DateTime.UnixEpoch.AddTicks((seconds * TimeSpan.TicksPerSecond) + (BitConverter.ToUInt32(time[8..]) / 100))
        : null;

    private static SystemStamp? OnWindows(string path)
    {
        const int basicInfo = 0, idInfo = 18;
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> basic = stackalloc byte[40], id = stackalloc byte[24];
        if (!GetInformation(file, basicInfo, ref basic[0], basic.Length) || !GetInformation(file, idInfo, ref id[0], id.Length))
            return null;
        long changed = BitConverter.ToInt64(basic[24..]);
        if (changed <= 0)
            return null; // FAT keeps none.
        string identity = string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(id)} {changed}");
        DateTime written = DateTime.FromFileTimeUtc(BitConverter.ToInt64(basic[16..]));
        return new SystemStamp(RandomAccess.GetLength(file), written, DateTime.FromFileTimeUtc(changed), identity);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte result);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, ref byte result);

    [LibraryImport("kernel32", EntryPoint = "GetFileInformationByHandleEx")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetInformation(SafeFileHandle file, int kind, ref byte result, int size);
}
