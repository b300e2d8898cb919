using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers.Swapping;

/// <summary>Modules as users write them, one for each way to hold a linear layer; all take (.., 8) to (.., 8).</summary>
internal static class SwapModules
{
    public const int Width = 8;

    public static TheoryData<string> Names => ["fields", "sequential", "list", "dictionary", "array", "array of two dimensions", "tuples", "nested", "object", "chain", "lambda", "base class", "property", "registered"];

    public static nn.Module<Tensor, Tensor> Make(string name) => name switch
    {
        "fields" => new PrivateFields(),
        "sequential" => nn.Sequential(("first", nn.Linear(8, 16)), ("act", nn.ReLU()), ("last", nn.Linear(16, 8))),
        "list" => new InList(),
        "dictionary" => new InDictionary(),
        "array" => new InArrays(),
        "array of two dimensions" => new InGrid(),
        "tuples" => new InTuples(),
        "nested" => new Nested(),
        "object" => new InObject(),
        "chain" => new InChain(),
        "lambda" => new InLambda(),
        "base class" => new Derived(),
        "property" => new InProperty(),
        "registered" => new OnlyRegistered(),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    internal sealed class PrivateFields : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _up = nn.Linear(8, 16);
        private readonly nn.Module<Tensor, Tensor> _down = nn.Linear(16, 8, hasBias: false);

        public PrivateFields()
            : base("fields") => RegisterComponents();

        public override Tensor forward(Tensor x) => _down.forward(nn.functional.gelu(_up.forward(x)));
    }

    internal class Base : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> _first = nn.Linear(8, 8);

        protected Base()
            : base("base")
        {
        }

        public override Tensor forward(Tensor x) => _first.call(x);
    }

    internal sealed class Derived : Base
    {
        private readonly nn.Module<Tensor, Tensor> _second = nn.Linear(8, 8);

        public Derived() => RegisterComponents();

        public override Tensor forward(Tensor x) => _second.call(base.forward(x).relu());
    }

    private sealed class InList : nn.Module<Tensor, Tensor>
    {
        private readonly ModuleList<nn.Module<Tensor, Tensor>> layers = new(nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8));

        public InList()
            : base("list") => RegisterComponents();

        public override Tensor forward(Tensor x)
        {
            foreach (nn.Module<Tensor, Tensor> layer in layers)
                x = layer.forward(x).tanh();
            return x;
        }
    }

    private sealed class InDictionary : nn.Module<Tensor, Tensor>
    {
        private readonly ModuleDict<nn.Module<Tensor, Tensor>> layers = new();

        public InDictionary()
            : base("dictionary")
        {
            layers.Add("up", nn.Linear(8, 8));
            layers.Add("down", nn.Linear(8, 8));
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => layers[1].Item2.forward(layers["up"].forward(x).tanh());
    }

    private sealed class InArrays : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor>[] _array = [nn.Linear(8, 8)];
        private readonly System.Collections.ObjectModel.ReadOnlyCollection<nn.Module<Tensor, Tensor>> _view = new List<nn.Module<Tensor, Tensor>> { nn.Linear(8, 8) }.AsReadOnly();
        private readonly Dictionary<string, nn.Module<Tensor, Tensor>> _named = new() { ["last"] = nn.Linear(8, 8) };

        public InArrays()
            : base("arrays")
        {
            register_module("a", _array[0]);
            register_module("b", _view[0]);
            register_module("c", _named["last"]);
        }

        public override Tensor forward(Tensor x) => _named["last"].forward(_view[0].forward(_array[0].forward(x).tanh()).tanh());
    }

    private sealed class InGrid : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor>[,] _grid = new nn.Module<Tensor, Tensor>[2, 2];
        private readonly double[,] _numbers = new double[3, 3];

        public InGrid()
            : base("grid")
        {
            foreach (int at in (int[])[0, 1, 2, 3])
                register_module($"layer{at}", _grid[at / 2, at % 2] = nn.Linear(8, 8));
        }

        public override Tensor forward(Tensor x) => _grid[1, 1].forward(_grid[1, 0].forward(_grid[0, 1].forward(_grid[0, 0].forward(x).tanh()).tanh())) + _numbers[1, 1];
    }

    private sealed class InTuples : nn.Module<Tensor, Tensor>
    {
        private readonly (nn.Module<Tensor, Tensor> Layer, double Factor, (nn.Module<Tensor, Tensor> Layer, int Count) Inner) _pair = (nn.Linear(8, 8), 0.5, (nn.Linear(8, 8), 3));
        private readonly Tuple<string, nn.Module<Tensor, Tensor>> _tuple = new("third", nn.Linear(8, 8));
        private readonly List<Part> _parts = [new(nn.Linear(8, 8), 2)];
        private readonly Dictionary<string, Part?> _named = new() { ["none"] = null, ["fifth"] = new(nn.Linear(8, 8), 2) };

        public InTuples()
            : base("tuples")
        {
            foreach ((int at, nn.Module<Tensor, Tensor> layer) in Layers.Index())
                register_module($"layer{at}", layer);
        }

        private nn.Module<Tensor, Tensor>[] Layers => [_pair.Layer, _pair.Inner.Layer, _tuple.Item2, _parts[0].Layer, _named["fifth"]!.Value.Layer];

        public override Tensor forward(Tensor x) => Layers.Aggregate(x * _pair.Factor, (y, layer) => layer.forward(y).tanh()) * _pair.Inner.Count;

        private readonly record struct Part(nn.Module<Tensor, Tensor> Layer, int Count);
    }

    // A layer at the end of a chain of objects that no stack would hold.
    private sealed class InChain : nn.Module<Tensor, Tensor>
    {
        private readonly Link _first;

        public InChain()
            : base("chain")
        {
            _first = new Link(null, nn.Linear(8, 8));
            register_module("last", _first.Layer!);
            for (int i = 0; i < 100_000; i++)
                _first = new Link(_first, null);
        }

        public override Tensor forward(Tensor x)
        {
            Link link = _first;
            while (link.Next is not null)
                link = link.Next;
            return link.Layer!.forward(x);
        }

        private sealed class Link(Link? next, nn.Module<Tensor, Tensor>? layer)
        {
            public Link? Next { get; } = next;

            public nn.Module<Tensor, Tensor>? Layer { get; } = layer;
        }
    }

    private sealed class Nested : nn.Module<Tensor, Tensor>
    {
        private readonly ModuleList<Sequential> blocks = new(nn.Sequential(nn.Linear(8, 8), nn.GELU()), nn.Sequential(new PrivateFields()));
        private readonly PrivateFields last = new();

        public Nested()
            : base("nested") => RegisterComponents();

        public override Tensor forward(Tensor x)
        {
            foreach (Sequential block in blocks)
                x = block.forward(x);
            return last.forward(x);
        }
    }

    private sealed class InObject : nn.Module<Tensor, Tensor>
    {
        private readonly Holder _holder = new(nn.Linear(8, 8));

        public InObject()
            : base("object") => register_module("held", _holder.Layer);

        public override Tensor forward(Tensor x) => _holder.Layer.forward(x);
    }

    private sealed class Holder(nn.Module<Tensor, Tensor> layer)
    {
        public nn.Module<Tensor, Tensor> Layer { get; } = layer;
    }

    private sealed class InLambda : nn.Module<Tensor, Tensor>
    {
        private readonly Func<Tensor, Tensor> _run;

        public InLambda()
            : base("lambda")
        {
            nn.Module<Tensor, Tensor> captured = nn.Linear(8, 8);
            register_module("captured", captured);
            _run = x => captured.forward(x);
        }

        public override Tensor forward(Tensor x) => _run(x);
    }

    private sealed class InProperty : nn.Module<Tensor, Tensor>
    {
        private nn.Module<Tensor, Tensor> Layer { get; } = nn.Linear(8, 8);

        public InProperty()
            : base("property") => register_module("layer", Layer);

        public override Tensor forward(Tensor x) => Layer.forward(x);
    }

    private sealed class OnlyRegistered : nn.Module<Tensor, Tensor>
    {
        public OnlyRegistered()
            : base("registered") => register_module("only", nn.Linear(8, 8));

        public override Tensor forward(Tensor x) => ((nn.Module<Tensor, Tensor>)named_children().Single().module).forward(x);
    }
}
