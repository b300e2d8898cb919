namespace Kansformers.Hub;

/// <summary>How far a download has come.</summary>
/// <param name="File">The file, as the hub names it.</param>
/// <param name="Bytes">Bytes of it that are here.</param>
/// <param name="Total">Its length.</param>
public readonly record struct HubProgress(string File, long Bytes, long Total);
