namespace Kansformers.Text;

/// <summary>Reads the normalizer and the pre-tokenizer of a tokenizer file.</summary>
internal static class PipelineReader
{
    public static TextNormalizer? Normalizer(JsonField field)
    {
        if (field.IsNull)
            return null;
        string type = field["type"].Text();
        switch (type)
        {
            case "Sequence":
                return new NormalizerSequence([.. field.Only("type", "normalizers")["normalizers"].Items().Select(step => Normalizer(step) ?? throw step.Wrong("a normalizer"))]);
            case "NFC":
                return new FormNormalizer(compose: true, compatible: false);
            case "NFD":
                return new FormNormalizer(compose: false, compatible: false);
            case "NFKC":
                return new FormNormalizer(compose: true, compatible: true);
            case "NFKD":
                return new FormNormalizer(compose: false, compatible: true);
            case "Lowercase":
                return new LowerCaseNormalizer();
            case "StripAccents":
                return new MarkStripper(nonSpacingOnly: false);
            case "Strip":
                field.Only("type", "strip_left", "strip_right");
                return new SpaceStripper(field["strip_left"].FlagOr(true), field["strip_right"].FlagOr(true));
            case "Prepend":
                return new Prepender(field.Only("type", "prepend")["prepend"].Text());
            case "Replace":
                field.Only("type", "pattern", "content");
                return Replace(field["pattern"], field["content"].Text());
            case "BertNormalizer":
                field.Only("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase", "kansformers_original");
                bool lower = field["lowercase"].FlagOr(true);
                return new BertNormalizer(field["clean_text"].FlagOr(true), field["handle_chinese_chars"].FlagOr(true), field["strip_accents"].FlagOr(lower), lower, field["kansformers_original"].FlagOr(false));
            default:
                throw Unsupported("normalizer", field, type, "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace, BertNormalizer");
        }
    }

    /// <summary>The pre-tokenizer; <paramref name="bytes"/> says whether words are encoded as bytes.</summary>
    public static PreTokenizer? PreTokenizer(JsonField field, out bool bytes)
    {
        bytes = false;
        if (field.IsNull)
            return null;
        if (field["type"].Text() != "Sequence")
            return Step(field, out bytes);
        List<PreTokenizer> steps = [];
        foreach (JsonField item in field.Only("type", "pretokenizers")["pretokenizers"].Items())
        {
            if (bytes)
                throw new KansformersException($"{item.Path} stands after ByteLevel, which must be the last pre-tokenizer here");
            steps.Add(PreTokenizer(item, out bytes) ?? throw item.Wrong("a pre-tokenizer"));
        }

        return new PreTokenizerSequence([.. steps]);
    }

    public static KansformersException Unsupported(string what, JsonField field, string type, string supported) =>
        new($"{field.Path}: the {what} '{(type.Length <= 40 ? type : type[..40] + "...")}' is not supported; supported are {supported}");

    private static PreTokenizer Step(JsonField field, out bool bytes)
    {
        string type = field["type"].Text();
        bytes = type == "ByteLevel";
        switch (type)
        {
            case "ByteLevel":
                field.Only("type", "add_prefix_space", "trim_offsets", "use_regex");
                return new BytePreTokenizer(field["add_prefix_space"].FlagOr(true), field["use_regex"].FlagOr(true));
            case "BertPreTokenizer":
                return new WhiteSpaceSplitter(isolatePunctuation: true, splitWords: false);
            case "Whitespace":
                return new WhiteSpaceSplitter(isolatePunctuation: false, splitWords: true);
            case "WhitespaceSplit":
                return new WhiteSpaceSplitter(isolatePunctuation: false, splitWords: false);
            case "Digits":
                return new KindSplitter(CharacterKinds.IsNumber, field.Only("type", "individual_digits")["individual_digits"].FlagOr(false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
            case "Punctuation":
                return new KindSplitter(CharacterKinds.IsPunctuation, Behavior(field.Only("type", "behavior")["behavior"]));
            case "Metaspace":
                return Metaspace(field);
            case "Split":
                field.Only("type", "pattern", "behavior", "invert");
                return new PatternSplitter(Pattern(field["pattern"]), Behavior(field["behavior"]), field["invert"].FlagOr(false));
            default:
                throw Unsupported("pre-tokenizer", field, type, "Sequence, ByteLevel, BertPreTokenizer, Whitespace, WhitespaceSplit, Digits, Punctuation, Metaspace, Split");
        }
    }

    private static MetaspaceSplitter Metaspace(JsonField field)
    {
        field.Only("type", "replacement", "prepend_scheme", "add_prefix_space", "split", "str_rep");
        string mark = field["replacement"].TextOr("\u2581");
        if (mark.Length != 1)
            throw field["replacement"].Wrong("one character");
        string scheme = field["prepend_scheme"].TextOr(field["add_prefix_space"].FlagOr(true) ? "always" : "never");
        if (scheme is not ("always" or "first" or "never"))
            throw field["prepend_scheme"].Wrong("always, first or never");
        return new MetaspaceSplitter(mark[0], scheme != "never", scheme == "first", field["split"].FlagOr(true));
    }

    private static SplitBehavior Behavior(JsonField field) => field.TextOr("Isolated") switch
    {
        "Removed" or "removed" => SplitBehavior.Removed,
        "Isolated" or "isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" or "merged_with_previous" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" or "merged_with_next" => SplitBehavior.MergedWithNext,
        "Contiguous" or "contiguous" => SplitBehavior.Contiguous,
        _ => throw field.Wrong("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous"),
    };

    private static TextNormalizer Replace(JsonField pattern, string content)
    {
        JsonField literal = pattern["String"];
        if (literal.IsNull)
            return new PatternReplacer(Pattern(pattern), content);
        return literal.Text().Length > 0 ? new TextReplacer(literal.Text(), content) : throw literal.Wrong("a text of at least one character");
    }

    private static TextPattern Pattern(JsonField field)
    {
        field.Only("String", "Regex");
        return field["String"].IsNull ? TextPattern.Oniguruma(field["Regex"].Text(), field.Path) : TextPattern.Literal(field["String"].Text());
    }
}
