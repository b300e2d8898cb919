namespace Kansformers.Hub;

/// <summary>How far a download has come.</summary>
/// <param name="File">The file, as the hub names it.</param>
/// <param name="Bytes">Bytes of it that are here.</param>
/// <param name="Total">Its length.</param>
/// <param name="Number">Which of the files it is, from 1.</param>
/// <param name="Count">How many files there are.</param>
/// <param name="BytesInAll">Bytes of all of them that are here.</param>
/// <param name="TotalInAll">The length of all of them; 0 where the hub does not tell it.</param>
/// <param name="Notice">Instead of all these, what a person should know: that a request is tried again, that the cache serves in the hub's place.</param>
public readonly record struct HubProgress(string File, long Bytes, long Total, int Number, int Count, long BytesInAll, long TotalInAll, string? Notice = null)
{
    /// <summary>Says something to whom it may concern.</summary>
    internal static Action<string>? Noticing(IProgress<HubProgress>? progress) =>
        progress is null ? null : notice => progress.Report(new HubProgress("", 0, 0, 0, 0, 0, 0, notice));
}
