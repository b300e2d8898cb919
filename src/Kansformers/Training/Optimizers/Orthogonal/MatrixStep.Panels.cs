using Kansformers.Kan;
using Kansformers.Runtime;

namespace Kansformers.Training;

/// <summary>The same at one width of vectors.</summary>
/// <typeparam name="T">The vectors.</typeparam>
internal static unsafe class MatrixStep<T>
    where T : struct, ISimd<T>
{
    private static int Width => PanelProducts<T>.Width;

    /// <summary>Takes the step.</summary>
    public static void Run(in MatrixStep.Place place, in MatrixStep.Numbers numbers)
    {
        (int rows, int columns) = (place.Rows, place.Columns);
        (int small, int large) = (Math.Min(rows, columns), Math.Max(rows, columns));
        int size = PanelProducts<T>.Padded(small);
        long whole = (long)(large + Width + PanelProducts<T>.TileRows) * size, square = (long)size * size;
        using CacheLines memory = new(2 * whole + 5 * square);
        float* wanted = memory.Pointer, side = wanted + whole, squares = side + whole, parameter = (float*)place.Parameter;
        if (!MatrixStep.Advance(place, numbers, new Span<float>(wanted, rows * columns)))
        {
            VectorMath.Scale(parameter, (float)numbers.Keep, parameter, rows * columns);
            if (place.Squares != 0)
                NeuronScale.Fade((float*)place.Squares, numbers.NeuronBeta, rows);
            return;
        }

        bool isWide = rows < columns;
        for (int column = 0; column < size; column += Width)
        {
            float* panel = side + (nint)column * large;
            int count = Math.Min(Width, small - column);
            if (isWide)
                PackTransposed(wanted + (nint)column * columns, columns, count, panel);
            else
                Pack(wanted + column, columns, (rows, rows), count, panel);
        }

        float* factor = Factor(side, large, size, squares), result = side; // which is not needed any more
        int stride = isWide ? FromTheLeft(wanted, place, factor, size, squares + 3 * square, result) : FromTheRight(wanted, place, factor, size, result);
        Span<float> factors = new(wanted, rows); // which is not needed any more
        if (place.Squares != 0)
            NeuronScale.Advance((float*)place.Squares, numbers.NeuronBeta, result, columns, stride, factors);
        else
            factors.Fill(1);
        for (int row = 0; row < rows; row++)
            Update(parameter + (nint)row * columns, result + (nint)row * stride, columns, numbers with { Rate = numbers.Rate * factors[row] });
    }

    // The polynomial P in A = Vᵀ V, (size, size) in panels, of V, (depth, size) in panels; squares holds five such matrices, of which the last two are free then.
    private static float* Factor(float* v, int depth, int size, float* squares)
    {
        nint square = (nint)size * size;
        float* product = squares, spare = squares + square, a = squares + 2 * square, s = squares + 3 * square, b = squares + 4 * square;
        PanelProducts<T>.Symmetric(v, v, depth, size, a);
        for (int step = 0; step < NewtonSchulz.Steps; step++)
        {
            PanelProducts<T>.Symmetric(a, a, size, size, s);
            float* polynomial = step == 0 ? product : b;
            Polynomial(a, s, size, polynomial);
            if (step > 0)
            {
                PanelProducts<T>.Symmetric(product, polynomial, size, size, spare);
                Swap(ref product, ref spare);
            }

            if (step == NewtonSchulz.Steps - 1)
                break;
            PanelProducts<T>.Symmetric(a, polynomial, size, size, spare);
            PanelProducts<T>.Symmetric(spare, polynomial, size, size, s);
            Swap(ref a, ref s);
        }

        return product;
    }

    // to = a I + b A + c S.
    private static void Polynomial(float* a, float* s, int size, float* to)
    {
        T first = T.Create((float)NewtonSchulz.B), second = T.Create((float)NewtonSchulz.C);
        for (nint at = 0; at < (nint)size * size; at += T.Count)
            T.Store(T.FusedMultiplyAdd(T.Load(s + at), second, T.Load(a + at) * first), to + at);
        for (int at = 0; at < size; at++)
            to[(nint)(at / Width * Width) * size + at * Width + at % Width] += (float)NewtonSchulz.A;
    }

    // U · P, for a tall U.
    private static int FromTheRight(float* wanted, in MatrixStep.Place place, float* factor, int size, float* result)
    {
        int rows = (place.Rows + PanelProducts<T>.TileRows - 1) / PanelProducts<T>.TileRows * PanelProducts<T>.TileRows;
        new Span<float>(wanted + (nint)place.Rows * place.Columns, (rows - place.Rows) * place.Columns).Clear();
        for (int column = 0; column < size; column += Width)
            PanelProducts<T>.Columns(wanted, rows, factor + (nint)column * size, place.Columns, new(result + column, size, false));
        return size;
    }

    // P · U, for a wide U; spare has room for two squares.
    private static int FromTheLeft(float* wanted, in MatrixStep.Place place, float* factor, int size, float* spare, float* result)
    {
        float* plain = spare, panel = spare + (nint)size * size;
        for (int column = 0; column < size; column += Width)
        {
            for (int row = 0; row < size; row++)
                new Span<float>(factor + (nint)column * size + row * Width, Width).CopyTo(new Span<float>(plain + (nint)row * size + column, Width));
        }

        int stride = PanelProducts<T>.Padded(place.Columns);
        for (int column = 0; column < place.Columns; column += Width)
        {
            Pack(wanted + column, place.Columns, (place.Rows, size), Math.Min(Width, place.Columns - column), panel);
            PanelProducts<T>.Columns(plain, size, panel, size, new(result + column, stride, false));
        }

        return stride;
    }

    // Some columns of a matrix as a panel, with zeros beyond.
    private static void Pack(float* from, int stride, (int There, int Wanted) rows, int columns, float* panel)
    {
        for (int row = 0; row < rows.There; row++)
        {
            Span<float> to = new(panel + (nint)row * Width, Width);
            new Span<float>(from + (nint)row * stride, columns).CopyTo(to);
            to[columns..].Clear();
        }

        new Span<float>(panel + (nint)rows.There * Width, (rows.Wanted - rows.There) * Width).Clear();
    }

    // Some rows of a matrix as the columns of a panel, with zeros beyond.
    private static void PackTransposed(float* from, int columns, int rows, float* panel)
    {
        if (rows < Width)
            new Span<float>(panel, columns * Width).Clear();
        Transposition.Run(from, columns, rows, columns, panel, Width);
    }

    private static void Update(float* parameter, float* step, int count, in MatrixStep.Numbers numbers)
    {
        VectorMath.Scale(parameter, (float)numbers.Keep, parameter, count);
        VectorMath.AddScaled(step, (float)-numbers.Rate, parameter, count);
    }

    private static void Swap(ref float* one, ref float* other)
    {
        float* kept = one;
        one = other;
        other = kept;
    }
}
