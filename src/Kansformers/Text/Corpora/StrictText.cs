using System.Text;

namespace Kansformers.Text;

/// <summary>
/// Reads a text that is held in memory as corpora are read: UTF-8, with or without a byte-order mark, which is no part of the text, or UTF-16 with one;
/// what is not valid is an error with its place, never silently replaced.
/// </summary>
internal static class StrictText
{
    /// <param name="bytes">The text.</param>
    /// <param name="what">What it is, for messages: <c>the prompt 'a.txt'</c>.</param>
    /// <exception cref="KansformersException">It is not valid.</exception>
    public static string Read(ReadOnlySpan<byte> bytes, string what) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, ..] => Utf8(bytes, 3, what),
        [0xFF, 0xFE, ..] => Utf16(bytes, bigEndian: false, what),
        [0xFE, 0xFF, ..] => Utf16(bytes, bigEndian: true, what),
        _ => Utf8(bytes, 0, what),
    };

    private static string Utf8(ReadOnlySpan<byte> bytes, int mark, string what)
    {
        int invalid = Utf8Validity.FirstInvalid(bytes);
        return invalid < 0 ? Encoding.UTF8.GetString(bytes[mark..]) : throw Invalid(what, "UTF-8", invalid);
    }

    private static string Utf16(ReadOnlySpan<byte> bytes, bool bigEndian, string what)
    {
        try
        {
            return new UnicodeEncoding(bigEndian, byteOrderMark: false, throwOnInvalidBytes: true).GetString(bytes[2..]);
        }
        catch (DecoderFallbackException failure)
        {
            throw Invalid(what, "UTF-16", Math.Max(2, failure.Index + 2));
        }
    }

    private static KansformersException Invalid(string what, string encoding, int place) =>
        new($"{what} is not valid {encoding} text at byte {place}; convert it to UTF-8 (if it is text at all)");
}
