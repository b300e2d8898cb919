namespace Kansformers.Checkpoints;

/// <summary>Finds the state dictionary in what a PyTorch file holds.</summary>
internal static class StateDictionaryFinder
{
    private static readonly string[] UsualKeys = ["model", "state_dict", "model_state_dict"];

    /// <summary>The file as tensors: those under one of the usual keys, else those of the outer dictionary.</summary>
    /// <exception cref="KansformersException">There is no dictionary of tensors.</exception>
    public static TensorFile Open(MappedFile file, TensorFileFormat format, object? content)
    {
        if (content is not PickleDictionary outer)
            throw file.Fault("it holds no dictionary; save the model's state_dict() with torch.save");
        string? key = UsualKeys.FirstOrDefault(usual => outer.TryGet(usual, out object? value) && TensorsOf(value).Any());
        object? found = outer;
        if (key is not null)
            outer.TryGet(key, out found);
        StoredTensor[] tensors = [.. TensorsOf(found)];
        if (tensors.Length == 0)
        {
            string[] keys = [.. outer.Select(pair => pair.Key.ToString() ?? "")];
            throw file.Fault($"it holds no tensors, neither by name nor under {Readable.Names(UsualKeys)}; {(keys.Length > 0 ? $"its keys are {Readable.Names(keys)}" : "it is empty")}");
        }

        return new TensorFile(file, format, tensors) { Content = outer, FoundUnder = key };
    }

    private static IEnumerable<StoredTensor> TensorsOf(object? value) =>
        value is not PickleDictionary dictionary
            ? []
            : dictionary.Where(pair => pair is { Key: string, Value: StoredTensor })
                .Select(pair => ((StoredTensor)pair.Value!).WithName((string)pair.Key));
}
