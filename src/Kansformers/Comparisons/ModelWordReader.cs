using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Comparisons;

/// <summary>Gathers what the words of one model say.</summary>
/// <param name="shared">Family, sizes and training where they say nothing else.</param>
/// <param name="name">The model's name, for messages.</param>
internal sealed class ModelWordReader(RunConfig shared, string name)
{
    private const string Linear = "linear";

    private readonly List<(string Key, string Value)> _settings = [];
    private string? _kind, _sharing;
    private Family? _family;
    private FeedForwardForm? _form;
    private KanPlacement? _placement;

    public void Read(string word)
    {
        if (Families.All.FirstOrDefault(family => family.Name == word) is Family family)
            Once(ref _family, family, word);
        else if (KanKinds.Names.Contains(word.Split(':')[0]))
            Once(ref _kind, word, word);
        else if (word is "edge" or "channel" || word.StartsWith("group:", StringComparison.Ordinal))
            Once(ref _sharing, word, word);
        else if (FeedForwards.All.FirstOrDefault(form => form.Name == word) is FeedForwardForm form)
            Once(ref _form, form, word);
        else if (word.Split('=', 2) is [string key, string value])
            _settings.Add((key, value));
        else
            _placement = Placement(word) is KanPlacement placement && _placement is null ? placement : throw Unknown(word);
    }

    public ModelEntry Entry()
    {
        Family family = _family ?? (_form is null || HasForms(shared.Model.Family) ? shared.Model.Family : Families.All.First(HasForms));
        JsonObject model = new() { ["family"] = family.Name }, training = [];
        if (_form is not null && !HasForms(family))
            throw Wrong($"{_form.Name} is a form of feed-forward, of which models of the family {family.Name} have one alone; leave one of both out");
        bool isKan = _kind is not null || _sharing is not null || _placement is not (null or KanPlacement.None);
        if (isKan && _placement is null && _form is { IsLearned: true })
        {
            // The kind of the learned functions, in the words that the family takes.
            string kind = _kind ?? (string)ActivationOf(family.Defaults)["kind"]!, sharing = _sharing is null ? "" : $"{(kind.Contains(':') ? ',' : ':')}sharing={_sharing}";
            FamilySetting activation = family.Settings.First(setting => setting.Name == "activation");
            model["activation"] = ActivationOf(Told(() => activation.With(family.Defaults, kind + sharing))).DeepClone();
            isKan = false;
        }

        if (isKan && _placement == KanPlacement.None)
            throw Wrong($"{Linear} has no KAN layers, {_kind ?? _sharing} is for them; leave one out");
        if (isKan)
        {
            KanOptions kan = _kind is null ? shared.Model.Kan : Told(() => KanSettings.Parse(_kind));
            model["kan"] = RunConfig.ToJson(_sharing is null ? kan : Told(() => KanSettings.With(kan, "sharing", _sharing)));
        }

        KanPlacement placement = _placement ?? (isKan ? KanPlacement.Mlp : KanPlacement.None);
        model["placement"] = RunConfig.ToJson(family.Defaults with { Placement = placement })["placement"]!.DeepClone();
        if (HasForms(family))
            model["feed_forward"] = (_form ?? FeedForwards.Named(placement.HasFlag(KanPlacement.Mlp) ? "none" : "swiglu")).Name;
        foreach ((string key, string value) in _settings)
            Set(model, training, family, key, value);
        return new ModelEntry(name, model, training);
    }

    // Of the model, of the training, of its optimizer, of its objective: the first that has a setting of that name.
    private void Set(JsonObject model, JsonObject training, Family family, string key, string value)
    {
        string named = key.Replace('-', '_');
        JsonObject shape = RunConfig.ToJson(family.Defaults), course = RunConfig.ToJson(shared.Training);
        if (shape.ContainsKey(named))
            model[named] = Literal(value);
        else if (course.ContainsKey(named))
            training[named] = Literal(value);
        else if (((string[])["optimizer", "objective"]).FirstOrDefault(part => course[part] is JsonObject inner && inner.ContainsKey(named)) is string part)
            Inner(training, part)[named] = Literal(value);
        else
            throw Wrong($"there is no setting '{key}'; use the names of a run's config.json, as in layers=6 or learning-rate=1e-3");
    }

    private static JsonObject Inner(JsonObject training, string part)
    {
        if (training[part] is not JsonObject)
            training[part] = new JsonObject();
        return training[part]!.AsObject();
    }

    private static JsonObject ActivationOf(ModelOptions options) => RunConfig.ToJson(options)["activation"]!.AsObject();

    private static bool HasForms(Family family) => family.Settings.Any(setting => setting.Name == "feed-forward");

    private void Once<T>(ref T? known, T given, string word)
        where T : class => known = known is null ? given : throw Wrong($"'{word}' says again what another word says; leave one of them out");

    private static KanPlacement? Placement(string word)
    {
        try
        {
            return word == Linear ? KanPlacement.None : KanPlacements.Parse(word);
        }
        catch (KansformersException)
        {
            return null;
        }
    }

    private T Told<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (KansformersException failure)
        {
            throw Wrong(failure.Message);
        }
    }

    private KansformersException Unknown(string word) => Wrong($"unknown word '{word}'; use a family ({Join(Families.All.Select(family => family.Name))}), "
        + $"a form of feed-forward ({Join(FeedForwards.All.Select(form => form.Name))}), a kind of KAN layer ({Join(KanKinds.Names)}), edge, channel or group:N, "
        + $"one placement (attention, mlp, head, all), {Linear}, or option=value");

    private KansformersException Wrong(string message) => new($"model '{name}': {message}");

    private static string Join(IEnumerable<string> words) => string.Join(", ", words);

    private static JsonValue? Literal(string value)
    {
        try
        {
            return JsonNode.Parse(value) is JsonValue literal ? literal : JsonValue.Create(value);
        }
        catch (JsonException)
        {
            return JsonValue.Create(value);
        }
    }
}
