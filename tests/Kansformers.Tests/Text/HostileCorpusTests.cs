using System.Text;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>Random damage ends in a refusal or in a file that can be read, never in another exception, and takes little memory and time.</summary>
public class HostileCorpusTests
{
    private const int Mutations = 1000;
    private const long MaximumAllocation = 16 << 20;
    private const long MaximumText = 16 << 20;

    [Theory]
    [InlineData("snappy", "")]
    [InlineData("gzip", "")]
    [InlineData("zstd", ", DICTIONARY_SIZE_LIMIT 1, PARQUET_VERSION v2")]
    [InlineData("uncompressed", "")]
    [InlineData("lz4_raw", ", PARQUET_VERSION v2")]
    public void Damaged_parquet(string codec, string more)
    {
        using TestFolder folder = new();
        const string query = "SELECT i AS id, CASE WHEN i % 9 = 0 THEN NULL WHEN i % 2 = 0 THEN 'same' ELSE 'text ' || i || ' größer' END AS text FROM range(60) r(i)";
        Damage(folder, "a.parquet", ForeignFileTests.Parquet(folder, query, $"(FORMAT parquet, COMPRESSION {codec}{more})"));
    }

    [Theory]
    [InlineData("a.jsonl")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.jsonl.zst")]
    public void Damaged_json_lines(string name) =>
        DamageText(name, string.Concat(Enumerable.Range(0, 30).Select(i => $"{{\"id\": {i}, \"text\": \"line \\u00e9 {i}\", \"more\": [1, {{\"text\": null}}]}}\n")));

    [Theory]
    [InlineData("a.csv")]
    [InlineData("a.csv.gz")]
    [InlineData("a.csv.zst")]
    public void Damaged_csv(string name) =>
        DamageText(name, "id,text\r\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"{i},\"quoted \"\"{i}\"\",\r\nand more\"\r\n")));

    [Theory]
    [InlineData("a.txt")]
    [InlineData("a.txt.zst")]
    public void Damaged_text(string name) => DamageText(name, string.Concat(Enumerable.Range(0, 60).Select(i => $"größer {i} 😀\n")));

    [Fact]
    public void Damaged_tokens()
    {
        using TestFolder folder = new();
        byte[] ids = new byte[400];
        new Random(5).NextBytes(ids);
        for (int i = 1; i < ids.Length; i += 2)
            ids[i] &= 0x7F;
        Damage(folder, "a.bin", ids);
    }

    private static void DamageText(string name, string text)
    {
        using TestFolder folder = new();
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        string packing = Path.GetExtension(name);
        Damage(folder, name, packing is ".gz" or ".zst" ? TableCorpusTests.Pack(bytes, packing) : bytes);
    }

    private static void Damage(TestFolder folder, string name, byte[] intact)
    {
        Random random = new(1234);
        Assert.True(Read(folder, name, intact, -1));
        int read = 0;
        for (int i = 0; i < Mutations; i++)
            read += Read(folder, name, Mutate(random, intact), i) ? 1 : 0;
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {read} of {Mutations} read");
        Assert.InRange(read, 1, Mutations - 1);
    }

    private static byte[] Mutate(Random random, byte[] intact)
    {
        List<byte> bytes = [.. intact];
        for (int changes = random.Next(1, 4); changes > 0 && bytes.Count > 0; changes--)
        {
            // Half of the damage goes to the last part, where Parquet keeps what it says of itself.
            int at = random.Next(2) == 0 ? random.Next(bytes.Count) : bytes.Count - 1 - random.Next(Math.Min(bytes.Count, 300));
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 17), bytes.Count - at)));
                    break;
                case 4:
                    bytes[at] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    break;
                default:
                    if (random.Next(6) == 0)
                        bytes.RemoveRange(at, bytes.Count - at);
                    else
                        bytes[at] = (byte)"\"\n,\\{}[]:\r"[random.Next(10)];
                    break;
            }
        }

        return [.. bytes];
    }

    private static bool Read(TestFolder folder, string name, byte[] bytes, int number)
    {
        File.WriteAllBytes(folder[name], bytes);
        long before = GC.GetAllocatedBytesForCurrentThread(), text = 0;
        bool read = false;
        try
        {
            Corpus corpus = Corpus.Open(folder[name]);
            text = corpus is TokenBinCorpus tokens
                ? tokens.ReadTokens(Gpt2Tokenizer.Instance, new CorpusTally(), default).Sum(chunk => (long)chunk.Tokens.Length)
                : corpus.Read().Sum(piece => (long)piece.Text.Length);
            read = true;
        }
        catch (KansformersException failure)
        {
            // A refusal is what damage should lead to; it names the file.
            Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        }
        catch (Exception failure)
        {
            Assert.Fail($"mutation {number}: {failure}");
        }

        Assert.InRange(text, 0, MaximumText);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaximumAllocation);
        return read;
    }
}
