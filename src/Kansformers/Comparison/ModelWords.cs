using System.Text.Json;
using System.Text.Json.Nodes;
using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;

namespace Kansformers.Comparison;

/// <summary>
/// Models in words: <c>[NAME =] WORD WORD ...</c>, parted by semicolons. A word is a family, a form of feed-forward, a kind of KAN layer with or without options of
/// its own (<c>rational</c>, <c>bspline:grid-size=8</c>), its sharing (<c>edge</c>, <c>channel</c>, <c>group:8</c>), a placement (<c>mlp</c>, <c>attention,mlp</c>),
/// <c>linear</c>, or <c>option=value</c> for any setting of a run's configuration. A kind without a placement stands in the feed-forward parts.
/// </summary>
internal static class ModelWords
{
    private const string Linear = "linear";

    public static IReadOnlyList<ModelEntry> Parse(RunConfig shared, string text)
    {
        string[] models = text.Split([';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return models.Length == 0 ? throw new KansformersException("no model is described; write, for example, linear; rational group:8; bspline")
            : [.. models.Select(model => One(shared, model))];
    }

    private static ModelEntry One(RunConfig shared, string text)
    {
        string[] parts = text.Split(" = ", 2, StringSplitOptions.TrimEntries);
        string name = parts[0];
        if (name.Length == 0 || parts[^1].Length == 0)
            throw new KansformersException($"model '{text}' needs a name and words, as in deep = bspline layers=6");
        Reader reader = new(shared, name);
        foreach (string word in parts[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            reader.Read(word);
        return reader.Entry();
    }

    /// <summary>Gathers what the words of one model say.</summary>
    private sealed class Reader(RunConfig shared, string name)
    {
        private readonly JsonObject _model = [], _training = [];
        private readonly List<(string Key, string Value)> _settings = [];
        private KanOptions? _kan;
        private string? _sharing;
        private Family _family = shared.Model.Family;
        private KanPlacement? _placement;

        public void Read(string word)
        {
            if (Families.All.FirstOrDefault(family => family.Name == word) is Family family)
                _model["family"] = (_family = family).Name;
            else if (KanKinds.Names.Contains(word.Split(':')[0]))
                _kan = _kan is null ? Told(() => KanSettings.Parse(word)) : throw Wrong($"'{word}' is a second kind of KAN layer; leave one out");
            else if (word is "edge" or "channel" || word.StartsWith("group:", StringComparison.Ordinal))
                _sharing = word;
            else if (word == Linear)
                _placement = KanPlacement.None;
            else if (FeedForwardWords.Is(word))
                _model["feed_forward"] = word;
            else if (IsPlacement(word, out KanPlacement placement))
                _placement = placement;
            else if (word.Split('=', 2) is [string key, string value])
                _settings.Add((key, value));
            else
                throw Wrong($"unknown word '{word}'; use a family ({Join(Families.All.Select(one => one.Name))}), a form of feed-forward ({Join(FeedForwardWords.All)}), "
                    + $"a kind of KAN layer ({Join(KanKinds.Names)}), edge, channel or group:N, a placement (attention, mlp, head, all), {Linear}, or option=value");
        }

        public ModelEntry Entry()
        {
            if (_kan is null && (_sharing is not null || _placement is not (null or KanPlacement.None)))
                _kan = shared.Model.Kan;
            if (_kan is not null && _placement == KanPlacement.None)
                throw Wrong($"{Linear} has no KAN layers, {_kan.Kind} is one; leave one out");
            if (_kan is not null && _sharing is not null)
                _kan = Told(() => KanSettings.With(_kan, "sharing", _sharing));
            if (_kan is not null)
                _model["kan"] = RunConfig.ToJson(_kan);
            _model["placement"] = JsonValue.Create((_placement ?? (_kan is null ? KanPlacement.None : KanPlacement.Mlp)) switch
            {
                KanPlacement.All => "all",
                KanPlacement.None => "none",
                KanPlacement some => some.ToString().ToLowerInvariant(),
            });
            foreach ((string key, string value) in _settings)
                Set(key, value);
            return new ModelEntry(name, _model, _training);
        }

        // Of the model, of the training, of its optimizer: the first that has a setting of that name.
        private void Set(string key, string value)
        {
            string named = key.Replace('-', '_');
            JsonObject model = RunConfig.ToJson(_family.Defaults), training = RunConfig.ToJson(shared.Training);
            JsonNode? parsed = Literal(value);
            if (model.ContainsKey(named))
                _model[named] = parsed;
            else if (training.ContainsKey(named))
                _training[named] = parsed;
            else if (training["optimizer"]!.AsObject().ContainsKey(named))
                (_training["optimizer"] as JsonObject ?? (JsonObject)(_training["optimizer"] = new JsonObject()))[named] = parsed;
            else
                throw Wrong($"there is no setting '{key}'; use the names of a run's config.json, as in layers=6 or learning-rate=1e-3");
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

        private KansformersException Wrong(string message) => new($"model '{name}': {message}");

        private static string Join(IEnumerable<string> words) => string.Join(", ", words);

        private static bool IsPlacement(string word, out KanPlacement placement)
        {
            placement = KanPlacement.None;
            try
            {
                placement = KanPlacements.Parse(word);
                return placement != KanPlacement.None;
            }
            catch (KansformersException)
            {
                return false;
            }
        }

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
}
