using System.Text;
using Kansformers.Text;

namespace Kansformers.Tests.Text;

/// <summary>Files that are damaged or ask for what there is not give one kind of failure.</summary>
public class HostileTokenizerTests
{
    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "must be an object")]
    [InlineData("{\"model\":{\"type\":\"Unigram\"}}", "'Unigram' is not supported")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]}}", "another token has too")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"a\":1},\"merges\":[]}}", "not JSON")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":99999999},\"merges\":[]}}", "whole number")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}}", "names the token 'b'")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"dropout\":0.1,\"vocab\":{\"a\":0},\"merges\":[]}}", "random")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\\ud800\":0},\"merges\":[]}}", "")]
    [InlineData("{\"normalizer\":{\"type\":\"Precompiled\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}", "'Precompiled' is not supported")]
    [InlineData("{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},\"behavior\":\"Isolated\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}", "pattern '('")]
    [InlineData("{\"added_tokens\":[{\"id\":1,\"content\":\"<unk>\"}],\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"vocab\":{\"a\":0},\"merges\":[]}}", "is not in the vocabulary")]
    [InlineData("{\"decoder\":{\"type\":\"CTC\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}", "'CTC' is not supported")]
    [InlineData("{\"extra\":1,\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}", "'extra', which is not supported")]
    public void A_bad_file_is_one_clear_error(string json, string expected)
    {
        KansformersException failure = Assert.Throws<KansformersException>(() => HuggingFaceTokenizer.Parse(Encoding.UTF8.GetBytes(json)));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public void Thousands_of_damaged_files_throw_nothing_else()
    {
        Random random = new(7);
        int refused = 0, read = 0;
        foreach (string original in new[] { TinyTokenizer.WordPieces, TinyTokenizer.Pairs })
        {
            byte[] content = Encoding.UTF8.GetBytes(original);
            for (int round = 0; round < 4000; round++)
            {
                byte[] json = Mutate(content, random);
                try
                {
                    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Parse(json);
                    foreach (SpecialTokens special in new[] { SpecialTokens.AsText, SpecialTokens.Recognise })
                    {
                        List<int> ids = [];
                        tokenizer.Encode("the ab  [MASK] playing, é中 </s> \uD83D\uDE00", ids, special);
                        Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
                        tokenizer.Decode([.. ids]);
                        tokenizer.FindCut("the ab  [MASK] playing", 0, special);
                    }

                    tokenizer.EncodeForModel("ab", "the");
                    read++;
                }
                catch (KansformersException)
                {
                    refused++;
                }
            }
        }

        Assert.True(refused > 1000 && read > 500, $"{refused} refused, {read} read");
    }

    private static byte[] Mutate(byte[] content, Random random)
    {
        List<byte> bytes = [.. content];
        string[] values = ["null", "-1", "1e9", "\"\"", "[]", "{}", "true", "3.5", "\"\\ud800\"", "\"BPE\"", "99999999999999999999"];
        for (int change = random.Next(1, 3); change > 0; change--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 30)));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 30))));
                    break;
                case 3: // a digit for another
                    int digit = bytes.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                        bytes[digit] = (byte)random.Next('0', '9' + 1);
                    break;
                case 4: // a letter for another
                    int letter = bytes.FindIndex(at, value => value is >= (byte)'a' and <= (byte)'z');
                    if (letter >= 0)
                        bytes[letter] = (byte)random.Next('a', 'z' + 1);
                    break;
                default: // a value for another
                    int colon = bytes.IndexOf((byte)':', at);
                    int end = colon < 0 ? -1 : bytes.FindIndex(colon, value => value is (byte)',' or (byte)'}' or (byte)']');
                    if (end < 0)
                        break;
                    bytes.RemoveRange(colon + 1, end - colon - 1);
                    bytes.InsertRange(colon + 1, Encoding.UTF8.GetBytes(values[random.Next(values.Length)]));
                    break;
            }
        }

        return [.. bytes];
    }
}
