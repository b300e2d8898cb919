using System.Buffers;
using System.Buffers.Binary;
using System.Collections;
using System.Numerics;
using System.Text;

namespace Kansformers.Checkpoints;

/// <summary>
/// Writes a value as the pickle (protocol 2) that <c>torch.save</c> would make of it, with PyTorch's own functions for tensors. Their elements are not in
/// the pickle: it names storages, which <see cref="Storages"/> lists.
/// </summary>
internal sealed class PickleWriter
{
    private const byte Protocol = 0x80, Mark = (byte)'(', EmptyTuple = (byte)')', Tuple = (byte)'t', Call = (byte)'R', PersistentId = (byte)'Q', Stop = (byte)'.';
    private const byte EmptyDictionary = (byte)'}', SetItem = (byte)'s', EmptyList = (byte)']', Append = (byte)'a', None = (byte)'N', True = 0x88, False = 0x89;
    private const byte Byte = (byte)'K', Int32 = (byte)'J', Long = 0x8a, Double = (byte)'G', Text = (byte)'X', Global = (byte)'c';

    private readonly ArrayBufferWriter<byte> _pickle = new();
    private readonly Dictionary<object, int> _keys = [];
    private readonly List<StoredTensor> _storages = [];

    /// <summary>The storages that the pickle names, by their keys 0, 1, ...</summary>
    public IReadOnlyList<StoredTensor> Storages => _storages;

    /// <summary>The pickle of a value: what <see cref="TensorFile.Content"/> may hold, or any dictionary or list of such values.</summary>
    /// <exception cref="ArgumentException">There is a value of another type.</exception>
    public byte[] Write(object? value)
    {
        Put(Protocol, 2);
        Value(value);
        Put(Stop);
        return _pickle.WrittenSpan.ToArray();
    }

    private void Value(object? value)
    {
        switch (value)
        {
            case null: Put(None); break;
            case bool truth: Put(truth ? True : False); break;
            case int number: Integer(number); break;
            case long number: Integer(number); break;
            case BigInteger number: Integer(number); break;
            case double number: Real(number); break;
            case string text: String(text); break;
            case byte[] bytes: Bytes(bytes); break;
            case StoredTensor tensor: Tensor(tensor); break;
            case PickleDictionary pairs: Dictionary(pairs); break;
            case IReadOnlyDictionary<string, object?> pairs: Dictionary(pairs.Select(pair => KeyValuePair.Create((object)pair.Key, pair.Value))); break;
            case PickleList { IsTuple: true } items: TupleOf([.. items]); break;
            case IEnumerable items: List(items); break;
            default: throw new ArgumentException($"a PyTorch file cannot hold a {value.GetType().Name}", nameof(value));
        }
    }

    private void Dictionary(IEnumerable<KeyValuePair<object, object?>> pairs)
    {
        Name("collections", "OrderedDict");
        Put(EmptyTuple, Call);
        foreach ((object key, object? value) in pairs)
        {
            Value(key);
            Value(value);
            Put(SetItem);
        }
    }

    private void List(IEnumerable items)
    {
        Put(EmptyList);
        foreach (object? item in items)
        {
            Value(item);
            Put(Append);
        }
    }

    private void TupleOf(object?[] items)
    {
        Put(Mark);
        foreach (object? item in items)
            Value(item);
        Put(Tuple);
    }

    // _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)
    private void Tensor(StoredTensor tensor)
    {
        if (!_keys.TryGetValue(tensor.Identity, out int key))
        {
            _keys.Add(tensor.Identity, key = _storages.Count);
            _storages.Add(tensor);
        }

        Name("torch._utils", "_rebuild_tensor_v2");
        Put(Mark);
        Put(Mark);
        String("storage");
        Name("torch", tensor.Type.TorchStorage());
        String(key.ToString(System.Globalization.CultureInfo.InvariantCulture));
        String("cpu");
        Integer(tensor.Count);
        Put(Tuple, PersistentId);
        Integer(0);
        TupleOf([.. tensor.Shape.Select(size => (object)size)]);
        long[] strides = new long[tensor.Shape.Length];
        for (long at = strides.Length - 1, stride = 1; at >= 0; stride *= tensor.Shape[(int)at--])
            strides[at] = stride;
        TupleOf([.. strides.Select(stride => (object)stride)]);
        Put(False);
        Name("collections", "OrderedDict");
        Put(EmptyTuple, Call);
        Put(Tuple, Call);
    }

    private void Name(string module, string name)
    {
        Put(Global);
        _pickle.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private void Integer(BigInteger value)
    {
        if (value >= 0 && value <= byte.MaxValue)
        {
            Put(Byte, (byte)value);
        }
        else if (value >= int.MinValue && value <= int.MaxValue)
        {
            Put(Int32);
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)value);
            _pickle.Write(bytes);
        }
        else
        {
            byte[] bytes = value.ToByteArray();
            if (bytes.Length > byte.MaxValue)
                throw new ArgumentException("a whole number has more than 255 bytes", nameof(value));
            Put(Long, (byte)bytes.Length);
            _pickle.Write(bytes);
        }
    }

    private void Real(double value)
    {
        Put(Double);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        _pickle.Write(bytes);
    }

    private void String(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        Put(Text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        _pickle.Write(length);
        _pickle.Write(bytes);
    }

    // Protocol 2 has no bytes: Python writes _codecs.encode(text, 'latin1').
    private void Bytes(byte[] value)
    {
        Name("_codecs", "encode");
        TupleOf([Encoding.Latin1.GetString(value), "latin1"]);
        Put(Call);
    }

    private void Put(byte one) => _pickle.Write([one]);

    private void Put(byte one, byte two)
    {
        Put(one);
        Put(two);
    }
}
