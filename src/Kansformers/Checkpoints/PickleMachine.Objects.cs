using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Kansformers.Checkpoints;

/// <summary>The instructions that name classes and call them, as far as the allow-list goes.</summary>
internal ref partial struct PickleMachine
{
    /// <summary>PyTorch itself stops at 64 dimensions in most operations.</summary>
    private const int MaximumDimensions = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private void StepObject(byte code)
    {
        switch (code)
        {
            case (byte)'c':
                string module = TakeLine();
                Push(Resolve(module, TakeLine()));
                break;
            case 0x93: // STACK_GLOBAL
                Push(PopMany(2) is [string from, string name] ? Resolve(from, name) : throw Fault("a class is named by something else than texts"));
                break;
            case (byte)'i': // INST: name and call at once
                string owner = TakeLine();
                object instance = Resolve(owner, TakeLine());
                PickleList inline = new(PopToMark(), isTuple: true);
                Push(Call(instance, inline));
                break;
            case (byte)'o': // OBJ: class and arguments since the mark
                List<object?> parts = PopToMark();
                Push(Call(parts.FirstOrDefault(), new PickleList([.. parts.Skip(1)], isTuple: true)));
                break;
            case (byte)'R' or 0x81: // REDUCE, NEWOBJ
                object? arguments = Pop();
                Charge(ContainerSteps);
                Push(Call(Pop(), arguments));
                break;
            case (byte)'b': // BUILD gives an object attributes; a state dictionary's hold only module versions
                Pop();
                if (Peek() is not PickleDictionary)
                    throw Fault("it gives attributes to something that is not a dictionary");
                break;
            case (byte)'Q':
                Push(FindStorage(Pop()));
                break;
            default:
                throw Fault($"instruction 0x{code.ToString("x2", CultureInfo.InvariantCulture)} is not one that a checkpoint may use");
        }
    }

    private readonly object Resolve(string module, string name) =>
        PickleGlobals.Find(module, name) ?? throw _file.Fault(
            $"refused: the file asks for '{Readable.Text($"{module}.{name}")}', which is not on the list of classes that a checkpoint may hold; nothing was executed");

    private object? Call(object? callee, object? arguments)
    {
        if (callee is not PickleGlobal global)
            throw Fault("it calls something that is not a class");
        if (arguments is not PickleList { IsTuple: true } list)
            throw Fault($"'{global.Name}' is called without a tuple of arguments");
        switch (global.Call)
        {
            case PickleCall.OrderedDictionary when list.Count == 0:
                return new PickleDictionary();
            case PickleCall.OrderedDictionary when list is [PickleList pairs]:
                return DictionaryOf(pairs);
            case PickleCall.RebuildTensor when list is [PyTorchStorage storage, long offset, PickleList shape, PickleList strides, ..]:
                return Tensor(storage, offset, shape, strides);
            case PickleCall.RebuildParameter when list is [StoredTensor tensor, ..]:
                return tensor;
            case PickleCall.RebuildFromType when list is [PickleGlobal { Call: PickleCall.RebuildTensor or PickleCall.RebuildParameter } inner, _, PickleList innerArguments, ..]:
                return Call(inner, innerArguments);
            case PickleCall.Size when list is [PickleList size]:
                return size;
            case PickleCall.Device when list is [string device]:
                return device;
            case PickleCall.Device when list is [string device, long index]:
                return string.Create(CultureInfo.InvariantCulture, $"{device}:{index}");
            case PickleCall.Set when list is [PickleList items]:
                Charge(items.Count);
                return new PickleList([.. items]);
            case PickleCall.Set when list.Count == 0:
                return new PickleList([]);
            case PickleCall.Encode when list is [string text, string encoding]:
                Charge(text.Length);
                return encoding == "latin1" ? Encoding.Latin1.GetBytes(text) : throw Fault("it encodes bytes in another way than Python does");
            default:
                throw Fault($"'{global.Name}' is called with arguments that it does not take");
        }
    }

    private PickleDictionary DictionaryOf(PickleList pairs)
    {
        Charge(pairs.Count);
        PickleDictionary dictionary = new();
        Push(dictionary);
        foreach (object? pair in pairs)
            SetItems(pair is PickleList { Count: 2 } both ? [both[0], both[1]] : throw Fault("a dictionary is made of something else than pairs"));
        Pop();
        return dictionary;
    }

    /// <summary>A tensor from a storage: every element that shape and strides reach must lie in it.</summary>
    private readonly StoredTensor Tensor(PyTorchStorage storage, long offset, PickleList shapeValues, PickleList strideValues)
    {
        // When a dictionary is being filled, the key lies below the arguments.
        string name = _stack.Count > 0 && _stack[^1] is string key ? $"tensor '{Readable.Text(key)}'" : "a tensor";
        if (shapeValues.Count > MaximumDimensions || shapeValues.Count != strideValues.Count)
            throw _file.Fault($"{name} has {shapeValues.Count} sizes and {strideValues.Count} strides");
        long[] shape = Numbers(name, "size", shapeValues), strides = Numbers(name, "stride", strideValues);
        try
        {
            long last = offset, bytes = storage.Type.Size();
            for (int i = 0; i < shape.Length; i++)
            {
                bytes = checked(bytes * shape[i]);
                last = checked(last + (Math.Max(0, shape[i] - 1) * strides[i]));
            }

            if (offset < 0 || (bytes > 0 && last >= storage.Count))
            {
                throw _file.Fault(
                    $"{name} has shape {StoredTensor.ShapeText(shape)} and needs {last + 1} elements, its storage has {storage.Count}; the file is corrupted");
            }

            // Strides of zero let a byte of file stand for any number of elements.
            if (bytes > Math.Max(_file.Length, MaximumBytes))
                throw _file.Fault($"{name} has shape {StoredTensor.ShapeText(shape)} and would take {bytes} bytes of memory, the file has {_file.Length}");
            TensorBytes view = StridedBytes.View(storage.Bytes, storage.Type.Size(), storage.Offset + offset, shape, strides);
            return new StoredTensor("", storage.Type, [.. shape], view);
        }
        catch (OverflowException failure)
        {
            throw _file.Fault($"{name} has shape {StoredTensor.ShapeText(shape)} with strides {StoredTensor.ShapeText(strides)}, which is too large for any file", failure);
        }
    }

    private readonly long[] Numbers(string name, string what, PickleList values)
    {
        long[] numbers = new long[values.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = values[i] is long and >= 0
                ? (long)values[i]!
                : throw _file.Fault($"{name} has a {what} that is not a whole number from 0 on");
        }

        return numbers;
    }

    /// <summary>A persistent identifier: ('storage', class, key, device, element count[, view]).</summary>
    private readonly PyTorchStorage FindStorage(object? identifier)
    {
        if (identifier is not PickleList { IsTuple: true } id
            || id.Count is not (5 or 6)
            || id is not ["storage", PickleGlobal { Type: StoredType type }, string key, string, long count, ..])
        {
            throw Fault("a storage is named in an unknown way");
        }

        if (_storages is null || count < 0)
            throw Fault("there is a storage where none belongs");
        PyTorchStorage storage = _storages.Find(key, type, count);
        if (id.Count == 5 || id[5] is null)
            return storage;

        // Before 0.4, a storage could be a part of another: (key of the part, first element, element count).
        if (id[5] is not PickleList { Count: 3 } view || view[1] is not long first || view[2] is not long length
            || first < 0 || length < 0 || first > count || length > count - first)
        {
            throw Fault($"the part of storage '{Readable.Text(key)}' lies outside of it");
        }

        return storage with { Offset = storage.Offset + first, Count = length };
    }

    private string TakeLine()
    {
        int length = _bytes[_position..].IndexOf((byte)'\n');
        if (length < 0)
            throw Fault("truncated: a class name does not end");
        string line = TakeText(length);
        _position++;
        return line;
    }
}
