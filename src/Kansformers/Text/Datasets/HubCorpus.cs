using System.Globalization;
using System.Text.RegularExpressions;
using Kansformers.Files;
using Kansformers.Hub;

namespace Kansformers.Text;

/// <summary>
/// Opens data sets of a hub: finds the files of a split, downloads those that hold the rows that are asked for, and reads them as any others.
/// </summary>
internal sealed partial class HubCorpus(DatasetName name, CorpusOptions options, IProgress<EncodeProgress>? progress, CancellationToken cancellation)
{
    /// <summary>Where the hub keeps what it has converted to Parquet: for data sets that come as a script, which is not run here.</summary>
    private const string ConvertedRevision = "refs/convert/parquet";

    private const long LongestCard = 16 << 20, NoticeInterval = 5000;

    /// <summary>Opens a data set.</summary>
    /// <exception cref="KansformersException">It cannot be had, has no such part, or its files cannot be read.</exception>
    public FileCorpus Open()
    {
        HubSettings settings = options.Hub ?? HubSettings.FromEnvironment();
        return HubSnapshot.Use(name.Repository, settings, snapshot => TryOpen(snapshot, name.Repository), Notice, cancellation)
            ?? (name.Repository.Revision == "main" ? Converted(settings) : null)
            ?? throw new KansformersException($"the data set {name.Repository.Id} has no .parquet, .jsonl, .json, .csv, .tsv or .txt files (also packed, .gz or .zst) that could be read");
    }

    private FileCorpus? Converted(HubSettings settings)
    {
        HubRepository converted = name.Repository with { Revision = ConvertedRevision };
        try
        {
            return HubSnapshot.Use(converted, settings, snapshot => TryOpen(snapshot, converted), Notice, cancellation);
        }
        catch (KansformersException failure) when (failure is HubRefusedException or HubMissingException)
        {
            return null; // The hub has not converted it, or it is not here.
        }
    }

    private FileCorpus? TryOpen(HubSnapshot snapshot, HubRepository repository)
    {
        if (Choose(snapshot) is not var (selection, files))
            return null;
        RequireAllFiles(snapshot, files);
        (IReadOnlyList<string> needed, CorpusSlice? slice) = Needed(snapshot, files);
        Get(snapshot, needed);
        string details = files.Count == 1 ? "1 file" : needed.Count == files.Count ? $"{files.Count} files" : $"{needed.Count} of {files.Count} files";
        DatasetName pinned = new(repository with { Revision = snapshot.Commit }, selection, name.Slice);
        return FileCorpus.Of([.. needed.Select(snapshot.PathOf)], slice, options, pinned.Short + name.Slice, $"data set {repository.Id}, {selection}{name.Slice}", [details], pinned.ToString());
    }

    // What is wanted of the data set, and its files; null when it has none that could be read.
    private (string Selection, IReadOnlyList<string> Files)? Choose(HubSnapshot snapshot)
    {
        if (name.Selection is string pattern && DatasetLayout.Matching(snapshot.Files, pattern) is { Count: > 0 } named)
            return (pattern, named);
        IReadOnlyList<DatasetSubset> subsets = DatasetLayout.Of(snapshot.Files, Card(snapshot));
        if (subsets.Count == 0)
            return null;
        string wanted = name.Selection ?? "";
        DatasetSubset? subset = subsets.FirstOrDefault(item => item.Name == wanted || wanted.StartsWith(item.Name + "/", StringComparison.Ordinal));
        string split = subset is null ? wanted : wanted.Length > subset.Name.Length ? wanted[(subset.Name.Length + 1)..] : "";
        subset ??= subsets.FirstOrDefault(item => item.Name == name.DefaultSubset);
        subset ??= subsets.Count == 1 ? subsets[0] : subsets.FirstOrDefault(item => item.IsDefault) ?? subsets.FirstOrDefault(item => item.Name == "default");
        DatasetSplit? chosen = subset?.Splits.FirstOrDefault(item => item.Name == (split.Length == 0 ? "train" : split))
            ?? (split.Length == 0 && subset?.Splits is [DatasetSplit only] ? only : null);
        if (subset is null || chosen is null)
            throw new KansformersException($"the data set {name.Repository.Id} has {(wanted.Length == 0 ? "more than one part" : $"no '{wanted}'")}; write hub:{name.Repository.Id}: and one of {Parts(subsets)}");
        return (subsets.Count == 1 ? chosen.Name : $"{subset.Name}/{chosen.Name}", chosen.Files);
    }

    private static string Parts(IReadOnlyList<DatasetSubset> subsets)
    {
        const int most = 12;
        string[] parts = [.. subsets.SelectMany(subset => subset.Splits.Select(split => subsets.Count == 1 ? split.Name : $"{subset.Name}/{split.Name}"))];
        return string.Join(", ", parts.Take(most)) + (parts.Length > most ? string.Create(CultureInfo.InvariantCulture, $", ... ({parts.Length} in all)") : "");
    }

    private IReadOnlyList<CardSubset> Card(HubSnapshot snapshot)
    {
        const string card = "README.md";
        if (!snapshot.Files.Contains(card))
            return [];
        snapshot.Get([card], null, cancellation);
        string path = snapshot.PathOf(card);
        try
        {
            return RealFile.Of(path).Length > LongestCard ? [] : DatasetCard.Subsets(File.ReadAllText(path));
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"data set {name.Repository.Id}: {failure.Message}", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SourceFile.CannotRead(path, failure);
        }
    }

    // Of a slice of Parquet files, whose ends tell their rows, only the files that hold its rows.
    private (IReadOnlyList<string> Files, CorpusSlice? Slice) Needed(HubSnapshot snapshot, IReadOnlyList<string> files)
    {
        bool isParquet = files.All(file => CorpusFiles.FormatOf(file) == ".parquet");
        if (name.Slice is not CorpusSlice slice || files.Count == 1 || (!isParquet && (slice.NeedsCount || slice.To is null)))
            return (files, name.Slice);
        List<long> rows = [];
        long next = Environment.TickCount64 + NoticeInterval;
        foreach (string file in files)
        {
            if (!slice.NeedsCount && rows.Sum() >= slice.To)
                break; // What follows does not matter.
            if (!isParquet)
                Get(snapshot, [file]); // of other formats the rows are only known when they are here
            if (snapshot.Rows(file, path => DocumentFile.Open(path, options).CountRows(), ParquetReader.CountRows, cancellation) is not long count)
                return (files, slice);
            rows.Add(count);
            if (Environment.TickCount64 < next)
                continue;
            next = Environment.TickCount64 + NoticeInterval;
            Notice(string.Create(CultureInfo.InvariantCulture, $"counting rows: {rows.Count} of {files.Count} files"));
        }

        snapshot.SaveListing();
        (long start, long end) = slice.Of(rows.Sum());
        List<string> needed = [];
        long first = 0, skipped = 0;
        for (int i = 0; i < rows.Count; first += rows[i++])
        {
            if (first + rows[i] <= start)
                skipped += rows[i];
            else if (first < end)
                needed.Add(files[i]);
        }

        return needed.Count == 0
            ? throw slice.WithoutRows($"the data set {name.Repository.Id}", rows.Count == files.Count ? rows.Sum() : null)
            : (needed, CorpusSlice.Rows(start - skipped, end - skipped));
    }

    // A cache that another program filled may hold a part of the files. Only where they are numbered can be seen that it holds all of them.
    private void RequireAllFiles(HubSnapshot snapshot, IReadOnlyList<string> files)
    {
        if (snapshot.IsListed || files is [string only] && only == name.Selection)
            return;
        Match[] shards = [.. files.Select(file => ShardNumbers().Match(file)).Where(match => match.Success)];
        bool isWhole = shards.Length == files.Count
            && shards.GroupBy(match => match.Result("$`$2")).All(group => group.Count() == int.Parse(group.First().Groups[2].Value, CultureInfo.InvariantCulture));
        if (!isWhole)
            throw new HubMissingException($"the cache does not tell whether all files of {name.Repository.Id} are in it");
    }

    private void Get(HubSnapshot snapshot, IReadOnlyList<string> files) => snapshot.Get(files, progress is null ? null : new Downloading(progress), cancellation);

    private void Notice(string notice) => progress?.Report(new EncodeProgress(PrepareStage.Downloading, 0, 0, notice));

    private sealed class Downloading(IProgress<EncodeProgress> progress) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => progress.Report(new EncodeProgress(PrepareStage.Downloading, value.BytesInAll, value.TotalInAll));
    }

    [GeneratedRegex("-([0-9]{5})-of-([0-9]{5})")]
    private static partial Regex ShardNumbers();
}
