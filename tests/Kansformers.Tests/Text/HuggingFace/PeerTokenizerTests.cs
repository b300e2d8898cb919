using System.Globalization;
using System.Text;
using CsCheck;
using Kansformers.Text;
using Peer = Tokenizers.DotNet.Tokenizer;

namespace Kansformers.Tests.Text;

/// <summary>
/// Ids beside those of Hugging Face's own tokenizers. Characters of <c>Fixtures/other-unicode.txt</c> are left out: about them the tables of
/// four versions of Unicode that those use, and of .NET's one, say different things.
/// </summary>
public class PeerTokenizerTests
{
    // Beyond are no characters but the tags and variation selectors of plane 14.
    private const int End = 0x32400, Tags = 0xE0000, TagsEnd = 0xE0200;
    private const int Batch = 64;

    private static readonly string[] Tricky =
    [
        "İ", "Σ", "ΑΣ", "ſ", "'ſ", "ß", "ẞ", "\u212A", "\u212B", "_", "a_b", "\u0345", "\u0300", "ﬁ", "①", "\u1100", "\u1161", "\u11A8", "각",
        "\U0002B820", "\U0002B91F", "\U0002B920", "\u2581", "</w>", "##", "[UNK]", "<unk>", "好", " the ", "the.", "\u0378", "\uE000", "\uFFFD", "\uFFFE",
    ];

    private static readonly HashSet<int> OtherUnicode = ReadOtherUnicode();

    private static readonly Gen<string> Text = Gen.Frequency(
        (3, TextGen.Valid), (3, Gen.Int[0, Tricky.Length - 1].Select(i => Tricky[i])), (1, Gen.Int[0, End - 1].Where(Rune.IsValid).Select(Character)))
        .Array[1, 8].Select(parts => Known(string.Concat(parts)));

    public static TheoryData<string> Kinds => [.. TokenizerKinds.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Ids_of_random_and_adversarial_texts_are_Hugging_Faces(string kind)
    {
        using Pair pair = new(kind);
        PCG random = new(stream: 1, seed: 12);
        for (int i = 0; i < 400; i++)
        {
            string text = Text.Generate(random, null, out _);
            Assert.True(pair.Agree(text), $"{Uri.EscapeDataString(text)}: [{string.Join(' ', pair.Peers(text))}] [{string.Join(' ', pair.Ours(text))}]");
        }
    }

    [Theory]
    [InlineData("o200k")]
    [InlineData("digits")]
    [InlineData("punctuation")]
    [InlineData("words")]
    [InlineData("lower")]
    [InlineData("nfkd, no accents")]
    [InlineData("bert, uncased")]
    public void Every_character_is_what_it_is_to_Hugging_Faces_or_is_listed(string kind)
    {
        using Pair pair = new(kind);
        int[] characters = [.. Enumerable.Range(0, End).Concat(Enumerable.Range(Tags, TagsEnd - Tags)).Where(value => Rune.IsValid(value) && !OtherUnicode.Contains(value) && IsTried(value))];
        List<string> other = [];
        foreach (int[] batch in characters.Chunk(Batch))
        {
            if (pair.Agree(string.Concat(batch.Select(InContext))))
                continue;
            other.AddRange(batch.Where(value => !pair.Agree(InContext(value))).Select(value => value.ToString("X4", CultureInfo.InvariantCulture)));
        }

        Assert.Empty(other);
    }

    // Of ideographs, syllables and what is no character, which go by the thousand, every eighth.
    private static bool IsTried(int value) => value < 0x3400 || value % 8 == 0
        || Rune.GetUnicodeCategory(new Rune(value)) is not (UnicodeCategory.OtherLetter or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);

    private static string Character(int value) => new Rune(value).ToString();

    private static string InContext(int value) => $"a{Character(value)}b {Character(value)}1{Character(value)} x{Character(value)}{Character(value)}.\n";

    private static string Known(string text) => string.Concat(text.EnumerateRunes().Where(rune => !OtherUnicode.Contains(rune.Value)));

    private static HashSet<int> ReadOtherUnicode()
    {
        string path = Path.Combine(SharedFolder.RepositoryRoot!, "tests", "Kansformers.Tests", "Text", "Fixtures", "other-unicode.txt");
        HashSet<int> characters = [];
        foreach (string range in File.ReadLines(path).Where(line => !line.StartsWith('#')).SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            int[] ends = [.. range.Split('-').Select(end => int.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            characters.UnionWith(Enumerable.Range(ends[0], ends[^1] - ends[0] + 1));
        }

        return characters;
    }

    /// <summary>One file, read by both.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly TestFolder _folder;
        private readonly HuggingFaceTokenizer _ours;
        private readonly Peer _peer;

        public Pair(string kind)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux() && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64,
                "Hugging Face's tokenizers are there for Linux on x64 alone");
            _folder = new TestFolder();
            string json = TokenizerKinds.All[kind]();
            _ours = HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(json));
            _peer = new Peer(_folder.Write("tokenizer.json", json));
        }

        public int[] Ours(string text)
        {
            List<int> ids = [];
            _ours.Encode(text, ids, SpecialTokens.Recognise);
            return [.. ids];
        }

        public int[] Peers(string text) => [.. _peer.Encode(text).Select(id => (int)id)];

        public bool Agree(string text) => Ours(text).AsSpan().SequenceEqual(Peers(text));

        public void Dispose()
        {
            _peer.Dispose();
            _folder.Dispose();
        }
    }
}
