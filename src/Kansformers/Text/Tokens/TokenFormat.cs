using System.Text.Json.Serialization;

namespace Kansformers.Text;

/// <summary>What the numbers are in a <c>.bin</c> file, which holds token ids and nothing else.</summary>
public enum TokenFormat
{
    /// <summary>
    /// It is told by the content: 32 bits when the upper half of every such number in the first megabyte is zero, which in text of
    /// 16-bit ids does not happen; else 16 bits. It is an error where the vocabulary does not fit into these.
    /// </summary>
    Auto,

    /// <summary>Unsigned numbers of 16 bits, little-endian, as nanoGPT writes them.</summary>
    [JsonStringEnumMemberName("uint16")]
    UInt16,

    /// <summary>Numbers of 32 bits, little-endian, as the original Kansformers kept them.</summary>
    [JsonStringEnumMemberName("int32")]
    Int32,
}

/// <summary>The names of formats, as options and messages write them.</summary>
internal static class TokenFormats
{
    public static string Text(this TokenFormat format) => format switch { TokenFormat.UInt16 => "uint16", TokenFormat.Int32 => "int32", _ => "auto" };

    public static TokenFormat Parse(string text) => text switch
    {
        "auto" => TokenFormat.Auto,
        "uint16" => TokenFormat.UInt16,
        "int32" => TokenFormat.Int32,
        _ => throw new KansformersException($"unknown token format '{text}': use auto, uint16 or int32"),
    };

    public static int Width(this TokenFormat format) => format == TokenFormat.Int32 ? 4 : 2;
}
