namespace Kansformers.Text;

/// <summary>Reads the decoder of a tokenizer file.</summary>
internal static class DecoderReader
{
    private const string Supported = "ByteLevel, WordPiece, Metaspace, and Sequence of Replace, ByteFallback, Fuse and Strip";

    public static TokenDecoder Read(JsonField field)
    {
        if (field.IsNull)
            return new WordDecoder();
        string type = field["type"].Text();
        switch (type)
        {
            case "ByteLevel":
                return new ByteTokenDecoder();
            case "WordPiece":
                field.Only("type", "prefix", "cleanup");
                return new WordPieceDecoder(field["prefix"].TextOr("##"), field["cleanup"].FlagOr(true));
            case "Metaspace":
                field.Only("type", "replacement", "prepend_scheme", "add_prefix_space", "split", "str_rep");
                string mark = field["replacement"].TextOr("\u2581");
                if (mark.Length != 1)
                    throw field["replacement"].Wrong("one character");
                return new MetaspaceDecoder(mark[0], field["prepend_scheme"].TextOr(field["add_prefix_space"].FlagOr(true) ? "always" : "never") != "never");
            case "Sequence":
                JsonField[] steps = [.. field.Only("type", "decoders")["decoders"].Items()];
                return steps.Length == 1 ? Read(steps[0]) : Stepped(steps);
            case "ByteFallback" or "Fuse" or "Replace" or "Strip":
                return Stepped([field]);
            default:
                throw PipelineReader.Unsupported("decoder", field, type, Supported);
        }
    }

    private static SteppedDecoder Stepped(JsonField[] steps)
    {
        List<(string, string)> replacements = [];
        (bool bytes, char stripped, int atStart, bool fused) = (false, ' ', 0, false);
        foreach (JsonField step in steps)
        {
            string type = step["type"].Text();
            if (type == "Replace" && !bytes && !fused)
            {
                JsonField pattern = step.Only("type", "pattern", "content")["pattern"].Only("String")["String"];
                replacements.Add((pattern.Text().Length > 0 ? pattern.Text() : throw pattern.Wrong("a text of at least one character"), step["content"].Text()));
            }
            else if (type == "ByteFallback" && !fused)
            {
                bytes = true;
            }
            else if (type == "Fuse")
            {
                fused = true;
            }
            else if (type == "Strip" && fused && atStart == 0)
            {
                string content = step.Only("type", "content", "start", "stop")["content"].Text();
                if (content.Length != 1 || (!step["stop"].IsNull && step["stop"].Number(0, 1 << 20) != 0))
                    throw step.Wrong("a Strip of one character at the start alone");
                (stripped, atStart) = (content[0], step["start"].Number(0, 1 << 20));
            }
            else
            {
                throw PipelineReader.Unsupported("decoder", step, type, Supported + ", in this order");
            }
        }

        return new SteppedDecoder([.. replacements], bytes, stripped, atStart);
    }
}
