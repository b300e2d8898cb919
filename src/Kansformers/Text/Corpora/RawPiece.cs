namespace Kansformers.Text;

/// <summary>Some text as a source gives it: of any length, empty too, not cut inside a surrogate pair.</summary>
/// <param name="Text">The characters.</param>
/// <param name="EndsDocument">Whether a row, which is a document, ends here.</param>
/// <param name="SourceBytes">How many bytes of the source were read for it, for progress.</param>
internal readonly record struct RawPiece(ReadOnlyMemory<char> Text, bool EndsDocument, long SourceBytes);
