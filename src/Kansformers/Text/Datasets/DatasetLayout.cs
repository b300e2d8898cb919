using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>A part of a data set, by the rows that belong together: <c>train</c>, <c>test</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Files">Its files in the order in which their rows are counted.</param>
internal sealed record DatasetSplit(string Name, IReadOnlyList<string> Files);

/// <summary>A data set within a data set.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsDefault">Whether it is the one to take when none is named.</param>
/// <param name="Splits">Its parts.</param>
internal sealed record DatasetSubset(string Name, bool IsDefault, IReadOnlyList<DatasetSplit> Splits);

/// <summary>
/// Which files make up the subsets and splits of a data set: as its card lists them, or else by the names of files and folders, by the rules of the
/// hub's documentation ("Structure your repository", "File names and splits"). Only files whose rows can be text are looked at.
/// </summary>
internal static partial class DatasetLayout
{
    private static readonly (string Split, string Keywords)[] Keywords =
        [("train", "train|training"), ("validation", "validation|valid|dev|val"), ("test", "test|testing|eval|evaluation")];

    private static readonly string[] Formats = [".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt"];

    private static readonly string[] NoData = ["readme.md", "license.txt", "config.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "requirements.txt"];

    /// <summary>The subsets of a data set; none when it has no files that can be read.</summary>
    /// <param name="files">All its files.</param>
    /// <param name="card">What its card lists.</param>
    public static IReadOnlyList<DatasetSubset> Of(IEnumerable<string> files, IReadOnlyList<CardSubset> card)
    {
        string[] data = [.. files.Where(IsData)];
        if (card.Count > 0)
            return [.. card.Select(subset => new DatasetSubset(subset.Name, subset.IsDefault, SplitsOf(subset, data))).Where(subset => subset.Splits.Count > 0)];
        if (data.Length > 0 && Array.TrueForAll(data, file => ConvertedName().IsMatch(file)))
            return [.. data.GroupBy(file => file.Split('/')[0]).Select(subset => new DatasetSubset(subset.Key, false, [.. subset.GroupBy(file => file.Split('/')[1]).Select(split => new DatasetSplit(split.Key, [.. split]))]))];
        return data.Length == 0 ? [] : [new DatasetSubset("default", true, ByName(OfOneFormat(data)))];
    }

    /// <summary>The files that a pattern names.</summary>
    public static IReadOnlyList<string> Matching(IEnumerable<string> files, string pattern)
    {
        Regex form = CorpusFiles.FormOf(pattern.StartsWith("./", StringComparison.Ordinal) ? pattern[2..] : pattern, sets: true);
        return [.. files.Where(file => form.IsMatch(file)).Order(StringComparer.Ordinal)];
    }

    private static List<DatasetSplit> SplitsOf(CardSubset subset, string[] data)
    {
        string folder = subset.Folder is string given ? given.Replace("./", "", StringComparison.Ordinal).Trim('/') + "/" : "";
        if (subset.Splits is null)
        {
            string[] inside = [.. data.Where(file => file.StartsWith(folder, StringComparison.Ordinal)).Select(file => file[folder.Length..])];
            return inside.Length == 0 ? [] : [.. ByName(inside).Select(split => split with { Files = [.. split.Files.Select(file => folder + file)] })];
        }

        return [.. subset.Splits
            .Select(split => new DatasetSplit(split.Split, [.. split.Patterns.SelectMany(pattern => Matching(data, folder + pattern)).Distinct()]))
            .Where(split => split.Files.Count > 0)];
    }

    // The rows of different formats are rarely of one kind: the one of most files counts, as in Hugging Face's own library.
    private static string[] OfOneFormat(string[] data) =>
        [.. data.GroupBy(file => CorpusFiles.FormatOf(file) is ".ndjson" or ".json" ? ".jsonl" : CorpusFiles.FormatOf(file))
            .OrderByDescending(group => group.Count()).ThenBy(group => Array.IndexOf(Formats, group.Key)).First()];

    // The first of these rules that finds anything decides, as the hub's documentation has it.
    private static List<DatasetSplit> ByName(string[] data)
    {
        List<DatasetSplit> shards = [.. data
            .Select(file => (File: file, Match: ShardName().Match(file)))
            .Where(item => item.Match.Success)
            .GroupBy(item => item.Match.Groups[1].Value, item => item.File)
            .Select(split => new DatasetSplit(split.Key, [.. split.Order(StringComparer.Ordinal)]))];
        if (shards.Count > 0)
            return shards;
        foreach (string form in (string[])[@"(^|.*[-._ 0-9/])({0})([-._ 0-9][^/]*)?/.*", @"(^|.*/)([^/]*[-._ 0-9])?({0})[-._ 0-9][^/]*"])
        {
            List<DatasetSplit> splits = [.. Keywords
                .Select(item => (item.Split, Form: new Regex($@"\A{form.Replace("{0}", item.Keywords, StringComparison.Ordinal)}\z", RegexOptions.NonBacktracking)))
                .Select(item => new DatasetSplit(item.Split, [.. data.Where(file => item.Form.IsMatch(file)).Order(StringComparer.Ordinal)]))
                .Where(split => split.Files.Count > 0)];
            if (splits.Count > 0)
                return splits;
        }

        return [new DatasetSplit("train", [.. data.Order(StringComparer.Ordinal)])];
    }

    private static bool IsData(string file)
    {
        string[] parts = file.Split('/');
        return Formats.Contains(CorpusFiles.FormatOf(file))
            && !Array.Exists(parts, part => part.StartsWith('.') || part.StartsWith("__", StringComparison.Ordinal))
            && !NoData.Contains(parts[^1].ToLowerInvariant());
    }

    [GeneratedRegex(@"\Adata/([^/]*)-[0-9]{5}-of-[0-9]{5}[^/]*\.[^/]*\z")]
    private static partial Regex ShardName();

    // Where the hub keeps what it has converted to Parquet itself: subset/split/0000.parquet.
    [GeneratedRegex(@"\A[^/]+/[^/]+/[0-9]{4}\.parquet\z")]
    private static partial Regex ConvertedName();
}
