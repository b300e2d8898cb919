using Kansformers.Numerics;

namespace Kansformers.Inspection;

/// <summary>The network of formulas whose terms are products of known functions, one at most of each input: which products there are is least squares' to say.</summary>
internal static class FormulaNetwork
{
    private const int MostProducts = 300;
    private const double Negligible = 1e-5;

    /// <summary>Makes it.</summary>
    /// <param name="functions">By input, the functions that stand on its edges.</param>
    /// <param name="columns">The inputs.</param>
    /// <param name="targets">What is to come out.</param>
    /// <param name="most">How far off it may be, as a share of the targets' deviation.</param>
    /// <returns>Null where the products are too many, or do not come near the targets.</returns>
    public static KanNetwork? Make(IReadOnlyList<InnerFunction[]> functions, double[][] columns, double[] targets, double most)
    {
        List<int[]> products = [new int[functions.Count]]; // for each input 0 for none of its functions, or 1, ...
        for (int input = 0; input < functions.Count; input++)
        {
            products = [.. from product in products from choice in Enumerable.Range(0, functions[input].Length + 1) select With(product, input, choice)];
            if (products.Count > MostProducts)
                return null;
        }

        int rows = Math.Min(targets.Length, 4 * products.Count + 200);
        if (products.Count > rows / 2)
            return null;
        double[][][] values = [.. functions.Select((of, input) => of.Select(function => columns[input][..rows].Select(function.Value).ToArray()).ToArray())];
        double[] right = targets[..rows], weights = [];
        (_, double deviation) = DoubleVectors.Moments(right);
        for (int round = 0; round < 3; round++)
        {
            double[][] made = [.. products.Select(product => Product(product, values, rows))];
            double[] scales = [.. made.Select(column => Math.Max(1e-300, Math.Sqrt(DoubleVectors.Dot(column, column) / rows)))];
            double[] solution = LeastSquares.Solve([.. made.SelectMany((column, at) => column.Select(value => value / scales[at]))], products.Count, [.. right], out _);
            double[] rest = [.. right];
            for (int at = 0; at < made.Length; at++)
                DoubleVectors.AddScaled(rest, -solution[at] / scales[at], made[at]);
            if (!(Math.Sqrt(DoubleVectors.Dot(rest, rest) / rows) < most * deviation))
                return null;
            int[] kept = [.. Enumerable.Range(0, products.Count).Where(at => Math.Abs(solution[at]) > Math.Pow(10, round - 2) * Negligible * 100 * deviation)];
            weights = [.. kept.Select(at => solution[at] / scales[at])];
            products = [.. kept.Select(at => products[at])];
            if (products.Count == 0)
                return null;
        }

        return Build(products, weights, functions);
    }

    private static KanNetwork Build(List<int[]> products, double[] weights, IReadOnlyList<InnerFunction[]> functions)
    {
        int inputs = functions.Count;
        int[][] order = [.. products.OrderBy(product => product.Count(choice => choice > 0) > 1)];
        double[] ordered = [.. order.Select(product => weights[products.IndexOf(product)])];
        int additions = order.Count(product => product.Count(choice => choice > 0) <= 1);
        KanWidth middle = new(additions, [.. order.Skip(additions).Select(product => product.Count(choice => choice > 0))]);
        KanNetwork network = new(new KanNetworkOptions { Widths = [inputs, middle, 1] });
        (KanNetworkLayer first, KanNetworkLayer last) = (network.Layers[0], network.Layers[1]);
        EdgeFunction line = EdgeFunction.Of("x"), none = EdgeFunction.Of("0");
        for (int subnode = 0; subnode < first.Subnodes; subnode++)
        {
            for (int input = 0; input < inputs; input++)
                first.RemoveEdge(subnode, input);
        }

        for (int node = 0; node < order.Length; node++)
        {
            int subnode = middle.FirstSubnode(node);
            for (int input = 0; input < inputs; input++)
            {
                if (order[node][input] == 0)
                    continue;
                InnerFunction function = functions[input][order[node][input] - 1];
                first.SetFormula(subnode++, input, new EdgeFormula(function.Function, function.A, function.B, 1, 0));
            }

            bool constant = order[node].All(choice => choice == 0);
            if (constant)
                first.SetFormula(subnode, 0, new EdgeFormula(none, 0, 0, 0, 1));
            last.SetFormula(0, node, new EdgeFormula(line, 1, 0, ordered[node], 0));
        }

        return network;
    }

    private static double[] Product(int[] product, double[][][] values, int rows)
    {
        double[] made = new double[rows];
        made.AsSpan().Fill(1);
        for (int input = 0; input < product.Length; input++)
        {
            for (int row = 0; row < rows && product[input] > 0; row++)
                made[row] *= values[input][product[input] - 1][row];
        }

        return made;
    }

    private static int[] With(int[] product, int input, int choice)
    {
        int[] other = (int[])product.Clone();
        other[input] = choice;
        return other;
    }
}
