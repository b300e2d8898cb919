using System.Globalization;

namespace Kansformers.Files;

/// <summary>What tells, without reading it, that a file is still the same. Where nothing tells surely, it says so.</summary>
/// <param name="Length">Its size in bytes.</param>
/// <param name="Changed">When it changed last, by the system's clock.</param>
/// <param name="State">Device, number, size and times in a short form.</param>
/// <param name="Tells">Whether a change of the file, or another file in its place, is sure to give another state.</param>
internal readonly record struct FileStamp(long Length, DateTime Changed, string State, bool Tells)
{
    /// <summary>A file that was changed this recently may change again within the resolution of its time.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    /// <summary>
    /// File systems that keep a time of change of their own, by the names that .NET gives them. Others (FAT, exFAT, many network and user-space ones)
    /// have none, or give out the time of the content for it.
    /// </summary>
    private static readonly string[] Trusted =
    [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs", "reiserfs", "tmpfs", "ramfs", "overlay", "overlayfs", "nfs", "nfs4",
        "apfs", "hfs", "ntfs", "refs",
    ];

    /// <summary>The stamp of a file, through links.</summary>
    /// <exception cref="IOException">There is no such file.</exception>
    public static FileStamp Of(string path)
    {
        FileInfo file = RealFile.Of(path);
        (long length, DateTime written) = (file.Length, file.LastWriteTimeUtc);
        string basic = string.Create(CultureInfo.InvariantCulture, $"{length} {written.Ticks}");

        // What was read of the system's own structures must agree with what .NET reads of them.
        return IsTrusted(file.FullName) && SystemStamp.Of(file.FullName) is { } system && system.Length == length && system.Written == written
            ? new FileStamp(length, system.Changed, $"{basic} {system.Identity}", true)
            : new FileStamp(length, written, basic, false);
    }

    /// <summary>Whether the state will tell of any later change, too: not right after a change, nor when clocks disagree.</summary>
    public bool IsSettledAt(DateTimeOffset now) => Tells && now.UtcDateTime - Changed > Settled;

    private static bool IsTrusted(string path)
    {
        try
        {
            string place = OperatingSystem.IsWindows() ? Path.GetPathRoot(path)! : path;
            return Trusted.Contains(new DriveInfo(place).DriveFormat, StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false; // A share without a letter on Windows.
        }
    }
}
