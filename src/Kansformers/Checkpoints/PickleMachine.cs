using System.Numerics;
using System.Text;

namespace Kansformers.Checkpoints;

/// <summary>
/// Reads one pickle (protocols 2 to 5) into plain values without executing anything: see <see cref="PickleGlobals"/>.
/// Iterative, and bounded in instructions and bytes, so that a hostile file can neither overflow the stack nor fill the memory.
/// </summary>
internal ref partial struct PickleMachine
{
    /// <summary>The longest pickle; those of real checkpoints take kilobytes to a few megabytes, for the elements lie outside.</summary>
    public const int MaximumBytes = 64 << 20;

    private const int MaximumSteps = 8_000_000;
    private const int ContainerSteps = 15;
    private const int MaximumProtocol = 5;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly MappedFile _file;
    private readonly StorageTable? _storages;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _position;
    private int _steps;

    private PickleMachine(MappedFile file, ReadOnlySpan<byte> bytes, StorageTable? storages)
    {
        _file = file;
        _bytes = bytes;
        _storages = storages;
    }

    /// <summary>Reads the pickle that starts at <paramref name="offset"/>.</summary>
    /// <param name="file">The file that holds it.</param>
    /// <param name="offset">Where it starts.</param>
    /// <param name="available">How many bytes it may take.</param>
    /// <param name="storages">Where tensors find their elements; null where no tensor is allowed.</param>
    /// <param name="length">How many bytes it took.</param>
    /// <exception cref="KansformersException">It is malformed, too large, or asks for something that is not on the list.</exception>
    public static object? Read(MappedFile file, long offset, long available, StorageTable? storages, out int length)
    {
        PickleMachine machine = new(file, file.Span(offset, (int)Math.Min(available, MaximumBytes)), storages);
        object? value = machine.Run();
        length = machine._position;
        PickleTree.Check(file, value);
        return value;
    }

    private object? Run()
    {
        while (true)
        {
            Charge(1);
            byte code = TakeByte();
            if (code == (byte)'.')
                return Pop();
            Step(code);
        }
    }

    private void Step(byte code)
    {
        switch (code)
        {
            case 0x80: // PROTO
                int protocol = TakeByte();
                if (protocol > MaximumProtocol)
                    throw Fault($"it uses pickle protocol {protocol}, known are 2 to {MaximumProtocol}");
                break;
            case 0x95: // FRAME: a hint for buffering
                TakeBytes(8);
                break;
            case (byte)'(':
                _marks.Add(_stack.Count);
                break;
            case (byte)'0': // POP takes a mark where one is on top
                if (_marks.Count > 0 && _marks[^1] == _stack.Count)
                    _marks.RemoveAt(_marks.Count - 1);
                else
                    Pop();
                break;
            case (byte)'1':
                PopToMark();
                break;
            case (byte)'2':
                Push(Peek());
                break;
            case (byte)'N':
                Push(null);
                break;
            case 0x88 or 0x89:
                Push(code == 0x88);
                break;
            case (byte)'K':
                Push((long)TakeByte());
                break;
            case (byte)'M':
                Push((long)BitConverter.ToUInt16(TakeBytes(2)));
                break;
            case (byte)'J':
                Push((long)BitConverter.ToInt32(TakeBytes(4)));
                break;
            case 0x8a:
                PushInteger(TakeByte());
                break;
            case 0x8b:
                PushInteger(TakeLength(4));
                break;
            case (byte)'G':
                Push(System.Buffers.Binary.BinaryPrimitives.ReadDoubleBigEndian(TakeBytes(8)));
                break;
            case 0x8c or (byte)'U':
                Push(TakeText(TakeByte()));
                break;
            case (byte)'X' or (byte)'T':
                Push(TakeText(TakeLength(4)));
                break;
            case 0x8d:
                Push(TakeText(TakeLength(8)));
                break;
            case (byte)'C':
                Push(TakeBytes(TakeByte()).ToArray());
                break;
            case (byte)'B':
                Push(TakeBytes(TakeLength(4)).ToArray());
                break;
            case 0x8e or 0x96:
                Push(TakeBytes(TakeLength(8)).ToArray());
                break;
            default:
                StepContainer(code);
                break;
        }
    }

    private void StepContainer(byte code)
    {
        switch (code)
        {
            case (byte)']' or 0x8f: // EMPTY_LIST, EMPTY_SET
                Charge(ContainerSteps);
                Push(new PickleList([]));
                break;
            case (byte)')':
                Charge(ContainerSteps);
                Push(new PickleList([], isTuple: true));
                break;
            case (byte)'}':
                Charge(ContainerSteps);
                Push(new PickleDictionary());
                break;
            case (byte)'l' or 0x91: // LIST, FROZENSET
                Charge(ContainerSteps);
                Push(new PickleList(PopToMark()));
                break;
            case (byte)'t':
                Charge(ContainerSteps);
                Push(new PickleList(PopToMark(), isTuple: true));
                break;
            case 0x85 or 0x86 or 0x87: // TUPLE1, TUPLE2, TUPLE3
                Charge(ContainerSteps);
                Push(new PickleList(PopMany(code - 0x84), isTuple: true));
                break;
            case (byte)'d':
                Charge(ContainerSteps);
                List<object?> pairs = PopToMark();
                Push(new PickleDictionary());
                SetItems(pairs);
                break;
            case (byte)'a':
                AddItems([Pop()]);
                break;
            case (byte)'e' or 0x90: // APPENDS, ADDITEMS
                AddItems(PopToMark());
                break;
            case (byte)'s':
                SetItems(PopMany(2));
                break;
            case (byte)'u':
                SetItems(PopToMark());
                break;
            case (byte)'q':
                _memo[TakeByte()] = Peek();
                break;
            case (byte)'r':
                _memo[BitConverter.ToUInt32(TakeBytes(4))] = Peek();
                break;
            case 0x94:
                _memo[_memo.Count] = Peek();
                break;
            case (byte)'h':
                Push(Recall(TakeByte()));
                break;
            case (byte)'j':
                Push(Recall(BitConverter.ToUInt32(TakeBytes(4))));
                break;
            default:
                StepObject(code);
                break;
        }
    }

    private void SetItems(List<object?> pairs)
    {
        if (Peek() is not PickleDictionary dictionary || pairs.Count % 2 != 0)
            throw Fault("it sets an item of something that is not a dictionary");
        for (int i = 0; i < pairs.Count; i += 2)
        {
            if (pairs[i] is not (string or long or double or bool or BigInteger or PickleList { IsTuple: true }))
                throw Fault("a dictionary has a key that is neither a text nor a number nor a tuple");
            dictionary.Set(pairs[i]!, pairs[i + 1]);
        }
    }

    private void AddItems(List<object?> items)
    {
        if (Peek() is not PickleList { IsTuple: false } list)
            throw Fault("it appends to something that is not a list");
        foreach (object? item in items)
            list.Add(item);
    }

    private void PushInteger(int length)
    {
        // 255 bytes is what Python's short form holds; nobody's checkpoint has larger numbers, and conversion is quadratic.
        if (length > byte.MaxValue)
            throw Fault($"it holds an integer of {length} bytes");
        BigInteger value = new(TakeBytes(length));
        Push(value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value);
    }

    private object? Recall(long key) =>
        _memo.TryGetValue(key, out object? value) ? value : throw Fault($"it refers to a value ({key}) that it never stored");

    private readonly void Push(object? value) => _stack.Add(value);

    private object? Pop()
    {
        object? value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private readonly object? Peek()
    {
        int floor = _marks.Count > 0 ? _marks[^1] : 0;
        return _stack.Count > floor ? _stack[^1] : throw Fault("it takes a value where there is none");
    }

    private List<object?> PopMany(int count)
    {
        object?[] values = new object?[count];
        for (int i = count - 1; i >= 0; i--)
            values[i] = Pop();
        return [.. values];
    }

    private readonly List<object?> PopToMark()
    {
        if (_marks.Count == 0)
            throw Fault("it goes back to a mark that it never set");
        int mark = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        List<object?> values = _stack.GetRange(mark, _stack.Count - mark);
        _stack.RemoveRange(mark, _stack.Count - mark);
        return values;
    }

    private byte TakeByte() => TakeBytes(1)[0];

    private ReadOnlySpan<byte> TakeBytes(int count)
    {
        if (count > _bytes.Length - _position)
        {
            throw Fault(_bytes.Length == MaximumBytes
                ? $"it is longer than {MaximumBytes >> 20} MB, which no checkpoint needs"
                : "truncated: it ends in the middle of an instruction");
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    private int TakeLength(int bytes)
    {
        long length = bytes == 4 ? BitConverter.ToUInt32(TakeBytes(4)) : BitConverter.ToInt64(TakeBytes(8));
        if (length < 0 || length > _bytes.Length - _position)
            throw Fault($"truncated: it announces a value of {length} bytes and ends before");
        return (int)length;
    }

    private string TakeText(int length)
    {
        try
        {
            return StrictUtf8.GetString(TakeBytes(length));
        }
        catch (DecoderFallbackException failure)
        {
            throw Fault("it holds a text that is not valid UTF-8", failure);
        }
    }

    /// <summary>Counts work against the limit; containers count more, for they take more memory than their instruction.</summary>
    private void Charge(int steps)
    {
        if (steps > MaximumSteps - _steps)
            throw Fault($"it takes more than {MaximumSteps / 1_000_000} million steps, which no checkpoint needs");
        _steps += steps;
    }

    private readonly KansformersException Fault(string problem, Exception? cause = null) =>
        _file.Fault($"the pickle is malformed at its byte {_position}: {problem}", cause);
}
