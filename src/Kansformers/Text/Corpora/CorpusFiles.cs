using System.Text;
using System.Text.RegularExpressions;

namespace Kansformers.Text;

/// <summary>
/// Finds the files of folders and of patterns like <c>data/**/*.jsonl</c>, in the ordinal order of their relative paths. Hidden
/// files and folders, links to folders (which may go in circles) and run folders (<c>config.json</c> beside a tokenizer's file),
/// whose descriptions are no text to learn from and change with every training, are passed over.
/// </summary>
internal static class CorpusFiles
{
    /// <summary>What a folder may hold; each may be packed, with .gz or .zst behind.</summary>
    public const string Kinds = ".txt, .md, .jsonl, .csv, .tsv or .parquet file";

    /// <summary>The extension that tells the format, in lower case and without that of the packing.</summary>
    public static string FormatOf(string path)
    {
        string name = Path.GetFileName(path).ToLowerInvariant();
        return Path.GetExtension(SourceStream.IsPacked(name) ? Path.GetFileNameWithoutExtension(name) : name);
    }

    public static bool IsPattern(string path) => path.AsSpan().IndexOfAny('*', '?') >= 0;

    public static string[] InFolder(string folder)
    {
        string[] files = Collect(folder, (_, name) => FormatOf(name) is ".txt" or ".md" or ".jsonl" or ".ndjson" or ".csv" or ".tsv" or ".parquet");
        return files.Length > 0 ? files : throw new KansformersException($"the folder '{Path.GetFullPath(folder)}' {(IsRun(folder) ? "is a run, not text" : $"holds no {Kinds}")}; choose another");
    }

    /// <summary>The files that a pattern names: <c>*</c> and <c>?</c> stand within a name, <c>**</c> for any folders.</summary>
    public static string[] Matching(string pattern)
    {
        string rest = pattern.Replace(Path.DirectorySeparatorChar, '/');
        int wildcard = rest.AsSpan().IndexOfAny('*', '?'), slash = rest.LastIndexOf('/', wildcard);
        string folder = slash < 0 ? "." : slash == 0 ? "/" : rest[..slash];
        if (!Directory.Exists(folder))
            throw new KansformersException($"there is no folder '{Path.GetFullPath(folder)}' to look for '{pattern}' in");
        Regex form = FormOf(rest[(slash + 1)..]);
        string[] files = Collect(folder, (relative, _) => form.IsMatch(relative));
        return files.Length > 0 ? files : throw new KansformersException($"no file matches '{pattern}'; give the path of a file or folder, or another pattern");
    }

    /// <summary>What a pattern stands for.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="sets">Whether <c>[0-9]</c> is a set of characters; else brackets are themselves.</param>
    public static Regex FormOf(string pattern, bool sets = false)
    {
        StringBuilder form = new(@"\A");
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern.AsSpan(i).StartsWith("**/"))
            {
                form.Append("(.*/)?");
                i += 2;
            }
            else if (pattern.AsSpan(i).StartsWith("**"))
            {
                form.Append(".*");
                i++;
            }
            else if (sets && pattern[i] == '[' && pattern.IndexOf(']', i + 2) is int end and > 0)
            {
                string set = pattern[(i + 1)..end];
                form.Append('[').Append(set[0] is '!' or '^' ? "^" : "").Append(set.TrimStart('!', '^').Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal)).Append(']');
                i = end;
            }
            else
            {
                form.Append(pattern[i] switch { '*' => "[^/]*", '?' => "[^/]", char other => Regex.Escape(other.ToString()) });
            }
        }

        try
        {
            // Linear in the length of the path, whatever the pattern.
            return new Regex(form.Append(@"\z").ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline);
        }
        catch (Exception failure) when (failure is ArgumentException or NotSupportedException)
        {
            throw new KansformersException($"the pattern '{pattern}' has a set of characters that cannot be read; write a set as [0-9], [abc] or [!abc]", failure);
        }
    }

    private static string[] Collect(string folder, Func<string, string, bool> wanted)
    {
        List<(string Relative, string Path)> files = [];
        try
        {
            Collect(new DirectoryInfo(folder), "", wanted, files);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SourceFile.CannotRead(folder, failure);
        }

        files.Sort((a, b) => string.CompareOrdinal(a.Relative, b.Relative));
        return [.. files.Select(file => file.Path)];
    }

    private static void Collect(DirectoryInfo folder, string prefix, Func<string, string, bool> wanted, List<(string Relative, string Path)> files)
    {
        if (IsRun(folder.FullName))
            return;
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.Hidden, IgnoreInaccessible = false }))
        {
            if (entry.Name.StartsWith('.'))
                continue;
            if (entry is DirectoryInfo inner && inner.LinkTarget is null)
                Collect(inner, $"{prefix}{inner.Name}/", wanted, files);
            else if (entry is FileInfo && wanted(prefix + entry.Name, entry.Name))
                files.Add((prefix + entry.Name, entry.FullName));
        }
    }

    private static bool IsRun(string folder) => File.Exists(Path.Combine(folder, "config.json")) && File.Exists(Path.Combine(folder, TokenizerFile.Name));
}
