namespace Kansformers.Text;

/// <summary>Reads the post-processor of a tokenizer file.</summary>
internal sealed class TemplateReader(int vocabularySize)
{
    /// <summary>The template, or null when the post-processor adds nothing.</summary>
    public SpecialTemplate? Read(JsonField field)
    {
        if (field.IsNull)
            return null;
        string type = field["type"].Text();
        switch (type)
        {
            case "ByteLevel":
                return null; // it moves offsets, which we do not give
            case "BertProcessing":
                return Bert(field.Only("type", "sep", "cls"));
            case "RobertaProcessing":
                return Roberta(field.Only("type", "sep", "cls", "trim_offsets", "add_prefix_space"));
            case "TemplateProcessing":
                return Template(field.Only("type", "single", "pair", "special_tokens"));
            case "Sequence":
                SpecialTemplate?[] found = [.. field.Only("type", "processors")["processors"].Items().Select(Read).Where(template => template is not null)];
                return found.Length <= 1 ? found.FirstOrDefault() : throw new KansformersException($"{field.Path} adds special tokens twice, which is not supported");
            default:
                throw PipelineReader.Unsupported("post-processor", field, type, "ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing, Sequence");
        }
    }

    private SpecialTemplate Bert(JsonField field)
    {
        (int[] cls, int[] sep) = (Special(field["cls"]), Special(field["sep"]));
        return new SpecialTemplate(
            [new(cls, false, 0), new(null, false, 0), new(sep, false, 0)],
            [new(cls, false, 0), new(null, false, 0), new(sep, false, 0), new(null, true, 1), new(sep, false, 1)]);
    }

    private SpecialTemplate Roberta(JsonField field)
    {
        (int[] cls, int[] sep) = (Special(field["cls"]), Special(field["sep"]));
        return new SpecialTemplate(
            [new(cls, false, 0), new(null, false, 0), new(sep, false, 0)],
            [new(cls, false, 0), new(null, false, 0), new(sep, false, 0), new(sep, false, 0), new(null, true, 0), new(sep, false, 0)]);
    }

    // ["[SEP]", 102]
    private int[] Special(JsonField field)
    {
        JsonField[] pair = [.. field.Items()];
        return pair.Length == 2 ? [Id(pair[1])] : throw field.Wrong("a token and its id");
    }

    private SpecialTemplate Template(JsonField field)
    {
        Dictionary<string, int[]> special = [];
        if (!field["special_tokens"].IsNull)
        {
            foreach ((string name, JsonField value) in field["special_tokens"].Entries())
                special[name] = [.. value["ids"].Items().Select(Id)];
        }

        TemplatePart[] single = Parts(field["single"], special);
        TemplatePart[] pair = field["pair"].IsNull ? [.. SpecialTemplate.None.Pair] : Parts(field["pair"], special);
        if (single.Count(part => part.Ids is null) != 1 || single.Any(part => part.Second))
            throw field["single"].Wrong("a template of one text, A");
        if (pair.Count(part => part.Ids is null && part.Second) != 1 || pair.Count(part => part.Ids is null && !part.Second) != 1)
            throw field["pair"].Wrong("a template of two texts, A and B");
        return new SpecialTemplate(single, pair);
    }

    private static TemplatePart[] Parts(JsonField field, Dictionary<string, int[]> special) => [.. field.Items().Select(item =>
    {
        item.Only("SpecialToken", "Sequence");
        bool isText = item["SpecialToken"].IsNull;
        JsonField part = item[isText ? "Sequence" : "SpecialToken"];
        int type = part["type_id"].IsNull ? 0 : part["type_id"].Number(0, 1 << 20);
        string id = part["id"].Text();
        if (isText)
            return id is "A" or "B" ? new TemplatePart(null, id == "B", type) : throw part["id"].Wrong("A or B");
        return special.TryGetValue(id, out int[]? ids) ? new TemplatePart(ids, false, type) : throw new KansformersException($"{part.Path} names '{id}', which is not among the template's special tokens");
    })];

    private int Id(JsonField field) => field.Number(0, vocabularySize - 1);
}
