using System.Numerics;
using System.Text;

namespace Kansformers.Tests.Checkpoints;

/// <summary>Writes pickles (protocol 2) instruction by instruction, well-formed or hostile.</summary>
internal sealed class PickleEmitter
{
    private readonly List<byte> _bytes = [];

    public PickleEmitter()
    {
        Raw(0x80, 2);
    }

    /// <summary>The pickle of one value.</summary>
    public static byte[] Of(Action<PickleEmitter> value)
    {
        PickleEmitter emitter = new();
        value(emitter);
        return emitter.Stop();
    }

    public byte[] Stop()
    {
        Raw((byte)'.');
        return [.. _bytes];
    }

    public PickleEmitter Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleEmitter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Raw((byte)'X').Raw(BitConverter.GetBytes(utf8.Length)).Raw(utf8);
    }

    public PickleEmitter Number(BigInteger value)
    {
        byte[] bytes = value.ToByteArray();
        return Raw(0x8a, (byte)bytes.Length).Raw(bytes);
    }

    public PickleEmitter Float(double value)
    {
        byte[] bytes = BitConverter.GetBytes(value);
        Array.Reverse(bytes);
        return Raw((byte)'G').Raw(bytes);
    }

    public PickleEmitter Global(string module, string name) => Raw((byte)'c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleEmitter Tuple(params Action<PickleEmitter>[] items) => Between((byte)'t', items);

    public PickleEmitter List(params Action<PickleEmitter>[] items) => Raw((byte)']').Between((byte)'e', items);

    public PickleEmitter Numbers(params long[] numbers) => Tuple([.. numbers.Select(number => (Action<PickleEmitter>)(to => to.Number(number)))]);

    public PickleEmitter Call(string module, string name, params Action<PickleEmitter>[] arguments) =>
        Global(module, name).Tuple(arguments).Raw((byte)'R');

    public PickleEmitter Dictionary(params (string Key, Action<PickleEmitter> Value)[] items)
    {
        Raw((byte)'}', (byte)'(');
        foreach ((string key, Action<PickleEmitter> value) in items)
        {
            Text(key);
            value(this);
        }

        return Raw((byte)'u');
    }

    public PickleEmitter Storage(string className, string key, long count, Action<PickleEmitter>? view = null)
    {
        List<Action<PickleEmitter>> id =
        [
            to => to.Text("storage"), to => to.Global("torch", className), to => to.Text(key), to => to.Text("cpu"), to => to.Number(count),
        ];
        if (view is not null)
            id.Add(view);
        return Tuple([.. id]).Raw((byte)'Q');
    }

    public PickleEmitter Tensor(string className, string key, long count, long offset, long[] shape, long[] strides) =>
        Call(
            "torch._utils",
            "_rebuild_tensor_v2",
            to => to.Storage(className, key, count),
            to => to.Number(offset),
            to => to.Numbers(shape),
            to => to.Numbers(strides),
            to => to.Raw(0x89),
            to => to.Call("collections", "OrderedDict"));

    private PickleEmitter Between(byte end, Action<PickleEmitter>[] items)
    {
        Raw((byte)'(');
        foreach (Action<PickleEmitter> item in items)
            item(this);
        return Raw(end);
    }
}
