namespace Kansformers.Checkpoints;

/// <summary>Checks that what a pickle built is a plain tree: no cycles, no bottomless nesting, no classes as values.</summary>
internal static class PickleTree
{
    private const int MaximumDepth = 200;

    /// <exception cref="KansformersException">It is not.</exception>
    public static void Check(MappedFile file, object? root)
    {
        // Depth first without recursion. `done` holds how deep a finished container reaches, so that shared ones are visited once.
        Dictionary<object, int> done = new(ReferenceEqualityComparer.Instance);
        HashSet<object> open = new(ReferenceEqualityComparer.Instance);
        Stack<Level> path = [];
        Enter(root);
        while (path.Count > 0)
        {
            Level level = path.Peek();
            if (level.Children.MoveNext())
            {
                Enter(level.Children.Current);
                continue;
            }

            path.Pop();
            level.Children.Dispose();
            open.Remove(level.Container);
            done[level.Container] = level.Depth;
            if (path.Count > 0)
                path.Peek().Reach(level.Depth);
        }

        void Enter(object? value)
        {
            if (value is PickleGlobal or PyTorchStorage)
                throw file.Fault("it holds a class or a bare storage as a value; a checkpoint holds tensors, texts and numbers");
            if (value is not (PickleDictionary or PickleList))
                return;
            if (done.TryGetValue(value, out int depth))
            {
                path.Peek().Reach(depth);
            }
            else if (!open.Add(value))
            {
                throw file.Fault("it holds a list or dictionary that contains itself");
            }
            else
            {
                depth = 0;
                path.Push(new Level(value));
            }

            if (path.Count + depth > MaximumDepth)
                throw file.Fault($"its lists and dictionaries are nested deeper than {MaximumDepth} levels");
        }
    }

    private sealed class Level(object container)
    {
        public object Container => container;

        public IEnumerator<object?> Children { get; } = ChildrenOf(container).GetEnumerator();

        /// <summary>Levels of this container and below, as far as visited.</summary>
        public int Depth { get; private set; } = 1;

        public void Reach(int below) => Depth = Math.Max(Depth, below + 1);

        private static IEnumerable<object?> ChildrenOf(object container) =>
            container is PickleDictionary dictionary ? dictionary.SelectMany(pair => new[] { pair.Key, pair.Value }) : (PickleList)container;
    }
}
