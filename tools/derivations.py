#!/usr/bin/env python3
"""Writes docs/derivations, a short course of derivations that the program itself prints, in English and Chinese.

usage: tools/derivations.py PROGRAM [--check]
    --check: writes nothing; exit code 1 if a page differs from what the program prints now
"""
import argparse
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "docs" / "derivations"

# Steps of recurrent networks, as `--each` reads them.
RNN = "x of X: z = W*x + U*h + b; h: 2 = tanh(z)"
LSTM = (
    "x of X: i = sigmoid(W_i*x + U_i*h + b_i); f = sigmoid(W_f*x + U_f*h + b_f); o = sigmoid(W_o*x + U_o*h + b_o); "
    "g = tanh(W_g*x + U_g*h + b_g); c: 2 = f.*c + i.*g; h: 2 = o.*tanh(c)"
)
GRU = (
    "x of X: r = sigmoid(W_r*x + U_r*h + b_r); z = sigmoid(W_z*x + U_z*h + b_z); n = tanh(W_n*x + b_n + r.*(U_n*h)); "
    "h: 2 = (1 - z).*n + z.*h"
)


def gates(letters, more):
    """The declarations of the gates' weights, two units and two inputs each."""
    return ", ".join([f"W_{g}: 2×2, U_{g}: 2×2, b_{g}: 2" for g in letters] + [more])


def names(letters):
    """The gates' weights."""
    return ",".join(f"W_{g},U_{g},b_{g}" for g in letters)


# Each lesson: file name, titles, what to look at, and the arguments of `catenary derive`; then, of some, further sections,
# each with titles, words, and the arguments of a derivation of which they show how far back the derivative reaches.
LESSONS = [
    (
        "01-neuron",
        "A single neuron",
        "单个神经元",
        "One sigmoid neuron with one weight and the squared error. Everything is a scalar, so every step is the chain "
        "rule of school: outer derivative times inner derivative. Note how σ′ appears as a (1 − a), written in what the "
        "forward pass already has.",
        "一个 sigmoid 神经元，一个权重，平方误差。所有量都是标量，每一步就是中学的链式法则：外导乘内导。注意 σ′ 写成 a (1 − a)，"
        "用的是前向计算已有的量。",
        ["--expr", "squared_error(sigmoid(w*x+b), y)", "--given", "w: 1, b: 1, x: 1, y: 1", "--wrt", "w,b",
         "--numbers"],
    ),
    (
        "02-two-inputs",
        "A neuron with several inputs",
        "多个输入的神经元",
        "The weights are a vector now; z is an inner product. The derivative by the vector w is a vector: each weight's "
        "derivative is δ times the input that the weight connects.",
        "权重变成向量，z 是内积。对向量 w 的导数也是向量：每个权重的导数等于 δ 乘以该权重所连接的输入。",
        ["--expr", "squared_error(sigmoid(w'*x+b), y)", "--given", "w: n, b: 1, x: n, y: 1", "--wrt", "w,b"],
    ),
    (
        "03-layer",
        "One layer, one sample",
        "一层网络，一个样本",
        "v₁ = W x + b with W: 2×3, and a loss f of v₁. Read the proofs in index form: they are why ∂f/∂W = (∂f/∂v₁) xᵀ, "
        "∂f/∂x = Wᵀ (∂f/∂v₁) and ∂f/∂b = ∂f/∂v₁. Any loss would do; here it is ½‖v₁ − t‖².",
        "v₁ = W x + b，W 为 2×3，f 是 v₁ 的损失。请读用下标写出的证明：它们说明了为什么 ∂f/∂W = (∂f/∂v₁) xᵀ，∂f/∂x = Wᵀ (∂f/∂v₁)，"
        "∂f/∂b = ∂f/∂v₁。损失可以任取，这里取 ½‖v₁ − t‖²。",
        ["--expr", "squared_error(W*x+b, t)", "--given", "W: 2×3, x: 3, b: 2, t: 2", "--wrt", "W,x,b", "--detail",
         "full", "--numbers"],
    ),
    (
        "04-batch",
        "One layer, m samples",
        "一层网络，m 个样本",
        "The same layer with a sigmoid after it, on a batch. The samples become columns of matrices, the bias is repeated for every column, and "
        "the derivatives by W and b become means over the samples: Δ Xᵀ/N, and the row sums of Δ over N.",
        "同一层，后接 sigmoid，一批样本。样本成为矩阵的列，偏置被复制到每一列，对 W 和 b 的导数成为样本上的平均：Δ Xᵀ/N，以及 Δ 各行之和除以 N。",
        ["--expr", "squared_error(sigmoid(W*x+b), t)", "--given", "W: 2×3, x: 3 batched, b: 2, t: 2 batched", "--wrt", "W,b",
         "--numbers"],
    ),
    (
        "05-three-layers",
        "The 3-5-3-2 network",
        "3-5-3-2 网络",
        "Two hidden layers with tanh and an output layer with the sigmoid, on a batch. Follow δ from layer to layer: "
        "that is BP2.",
        "两个 tanh 隐藏层，一个 sigmoid 输出层，一批样本。跟着 δ 一层层往前：这就是 BP2。",
        ["--expr", "squared_error(sigmoid(W3*tanh(W2*tanh(W1*x+b1)+b2)+b3), y)", "--given",
         "W1: 5×3, b1: 5, W2: 3×5, b2: 3, W3: 2×3, b3: 2, x: 3 batched, y: 2 batched", "--wrt",
         "W1,b1,W2,b2,W3,b3"],
    ),
    (
        "06-linear-output",
        "Sigmoid inside, linear outside",
        "隐藏层 sigmoid，输出层线性",
        "The network of the classical derivation: a sigmoid hidden layer, a linear output and half the sum of squares. "
        "The output's residual is a − t itself.",
        "经典推导中的网络：sigmoid 隐藏层，线性输出层，误差平方和的一半。输出层的残差就是 a − t 本身。",
        ["--expr", "squared_error(W2*sigmoid(W1*x+b1)+b2, t)", "--given",
         "W1: k×n, b1: k, W2: m×k, b2: m, x: n, t: m", "--wrt", "W1,b1,W2,b2"],
    ),
    (
        "07-sigmoid-cross-entropy",
        "Sigmoid and cross-entropy",
        "sigmoid 与交叉熵",
        "The derivative of the cross-entropy has a (1 − a) in the denominator and the sigmoid's has it in the numerator: "
        "they cancel, and a − y is left. BP1 shows every step of that.",
        "交叉熵的导数分母中有 a (1 − a)，sigmoid 的导数分子中有它：相消之后剩下 a − y。BP1 处写出了每一步。",
        ["--expr", "-(y*ln(sigmoid(w'*x+b)) + (1-y)*ln(1-sigmoid(w'*x+b)))", "--given",
         "w: n, b: 1, x: n, y: 1", "--wrt", "w,b"],
    ),
    (
        "08-softmax-cross-entropy",
        "Softmax and cross-entropy",
        "softmax 与交叉熵",
        "Softmax is the first function here whose elements depend on all of z, so its derivative is a full matrix, "
        "∂aᵢ/∂zⱼ = aᵢ (δᵢⱼ − aⱼ). The proof in index form shows how it collapses with the cross-entropy to a − y when "
        "the targets add up to 1.",
        "softmax 的每个元素都依赖于整个 z，它的导数是一个满矩阵，∂aᵢ/∂zⱼ = aᵢ (δᵢⱼ − aⱼ)。用下标写出的证明说明了当目标之和为 1 时，"
        "它如何与交叉熵合并为 a − y。",
        ["--expr", "softmax_cross_entropy(W*x+b, y)", "--given", "W: m×n, b: m, x: n, y: m", "--wrt", "W,b",
         "--detail", "full", "--numbers"],
    ),
    (
        "09-l2",
        "L2 regularisation",
        "L2 正则化",
        "The penalty contains neither x nor y. W is used twice, in the layer and in the penalty, and the two contributions "
        "add up: whatever the sample, λ W is added to the derivative of the loss.",
        "惩罚项既不含 x 也不含 y。W 用了两次，一次在该层，一次在惩罚项，两处的贡献相加：无论是哪个样本，损失的导数都要加上 λ W。",
        ["--expr", "squared_error(W*x+b, y) + lambda/2*normF(W)^2", "--given",
         "W: m×n, b: m, lambda: 1, x: n, y: m", "--wrt", "W,b"],
    ),
    (
        "10-recurrent",
        "A value used twice: two steps of a recurrent network",
        "同一个量用了多次：循环网络的两步",
        "The same U and W are used in both steps, so each of them collects what flows back along two paths: the chain "
        "rule's second case, and all of backpropagation through time.",
        "两步共用同样的 U 和 W，因此各自收集沿两条路径传回的导数：这是链式法则的第二种情形，也是随时间反向传播的全部内容。",
        ["--expr", "squared_error(tanh(U*tanh(U*h+W*p)+W*q), y)", "--given",
         "U: k×k, W: k×n, h: k, p: n, q: n, y: k", "--wrt", "U,W"],
    ),
    (
        "11-rnn",
        "A recurrent network, through time",
        "循环神经网络：随时间反向传播",
        "Two steps were written out in lesson 10. Here is one step for any t, and everything follows from it: δₜ comes from "
        "δₜ₊₁, and the derivatives by W, U and b are sums over t, because every step uses the same W, U and b. An RNN with two "
        "units reads the three rows of X; only its last state h₃ is compared with y. Read step 2 first: it says where ∂f/∂hₜ "
        "comes from. The columns of each matrix of numbers belong to t = 1, 2, 3.",
        "第 10 课写出了两步。这里只写任意一步 t，其余都由它得出：δₜ 由 δₜ₊₁ 得到；对 W、U、b 的导数是对 t 求和，因为每一步用的都是"
        "同样的 W、U、b。两个单元的 RNN 依次读入 X 的三行，只有最后的状态 h₃ 与 y 比较。请先看第 2 步：它说明 ∂f/∂hₜ 从哪里来。"
        "各数值矩阵的各列依次对应 t = 1、2、3。",
        ["--each", RNN, "--expr", "squared_error(h, y)", "--given", "X: 3×2, W: 2×2, U: 2×2, b: 2, y: 2", "--wrt",
         "W,U,b", "--detail", "full", "--numbers"],
        [
            (
                "Thirty steps",
                "三十步",
                "The same network on thirty rows: of the derivative by the first state hardly anything is left. What the network "
                "read at the beginning has no say in how its weights change: the vanishing gradient.",
                "同一个网络读三十行：对最初状态的导数几乎什么都不剩。网络一开始读到的内容，对权重如何更新已经没有影响：这就是梯度消失。",
                ["--each", RNN, "--expr", "squared_error(h, y)", "--given", "X: 30×2, W: 2×2, U: 2×2, b: 2, y: 2",
                 "--wrt", "U"],
            )
        ],
    ),
    (
        "12-lstm",
        "LSTM, gate by gate",
        "LSTM：逐个门推导",
        "Long short-term memory: the input gate i, the forget gate f, the output gate o and the candidate g, each with weights W "
        "and U and a bias b of its own. The cell c is added to, not multiplied by a matrix: from cₜ back to cₜ₋₁ the derivative is "
        "multiplied by fₜ alone. That is the whole trick, and steps 6 and 12 show it. Without an index f is the loss. Look at δ of "
        "each gate in \"The recursion in brief\".",
        "长短期记忆网络：输入门 i、遗忘门 f、输出门 o、候选值 g，各有自己的权重 W、U 和偏置 b。细胞状态 c 是做加法，而不是乘以矩阵：从 cₜ "
        "回到 cₜ₋₁，导数只乘以 fₜ。全部的奥妙就在这里，见第 6 步和第 12 步。不带下标的 f 是损失。各个门的 δ 汇总在“递推公式小结”中。",
        ["--each", LSTM, "--expr", "squared_error(h, y)", "--given", "X: 3×2, " + gates("ifog", "y: 2"), "--wrt",
         names("ifog"), "--numbers"],
        [
            (
                "Thirty steps",
                "三十步",
                "An LSTM on thirty rows, with 3 added in the forget gate, which starts open by that; beside lesson 11 the derivative "
                "arrives. What that does to training: [long-memory.md](../../long-memory.md).",
                "LSTM 读三十行，遗忘门中加 3，使它一开始是打开的。与第 11 课相比，导数传得到开头。这对训练意味着什么，见 [long-memory.md](../../long-memory.md)（英文）。",
                ["--each", LSTM.replace("b_f)", "b_f + 3)"), "--expr", "squared_error(h, y)", "--given",
                 "X: 30×2, " + gates("ifog", "y: 2"), "--wrt", "U_f"],
            )
        ],
    ),
    (
        "13-gru",
        "GRU, gate by gate",
        "GRU：逐个门推导",
        "The gated recurrent unit has no cell: the update gate z mixes the candidate n and the old state, and the reset gate r says "
        "how much of the old state the candidate sees. hₜ₋₁ is used four times in a step, so four contributions add up to "
        "∂f/∂hₜ₋₁; one of them, ∂f/∂hₜ ⊙ zₜ, passes no matrix.",
        "门控循环单元没有细胞状态：更新门 z 把候选值 n 与旧状态混合，重置门 r 决定候选值能看到多少旧状态。一步之内 hₜ₋₁ 用了四次，四处的贡献相加得到 "
        "∂f/∂hₜ₋₁；其中 ∂f/∂hₜ ⊙ zₜ 不经过任何矩阵。",
        ["--each", GRU, "--expr", "squared_error(h, y)", "--given", "X: 3×2, " + gates("rzn", "y: 2"), "--wrt",
         names("rzn"), "--numbers"],
        [
            (
                "Thirty steps",
                "三十步",
                "A GRU on thirty rows, with 3 added in the update gate, which keeps most of the old state by that.",
                "GRU 读三十行，更新门中加 3，使旧状态大部分得以保留。",
                ["--each", GRU.replace("b_z)", "b_z + 3)"), "--expr", "squared_error(h, y)", "--given",
                 "X: 30×2, " + gates("rzn", "y: 2"), "--wrt", "U_z"],
            )
        ],
    ),
]

INDEX = {
    "en": """# Derivations: a short course

Printed by `catenary derive`, step by step; every result is checked by two independent methods on the page itself.
[中文](../zh/README.md)

{lessons}

[Answers](answers.md) to questions that readers of the usual notes ask. [The notes, formula by formula](../../notes.md): what in
the five notes that Catenary grew out of is right, where they slip, and in which lesson it is shown.

Each page was made by the command at its end; change the formula and derive your own.
""",
    "zh": """# 推导短课

由 `catenary derive` 逐步打印；每个结果都在页面末尾用两种独立的方法验算。
[English](../en/README.md)

{lessons}

[问答](answers.md)：读者在常见笔记中提出的问题。

[五篇笔记，逐式对照](../../notes.zh.md)：Catenary 所源于的五篇笔记，哪些公式正确，哪里有误，在哪一课推导。

每一页末尾都有生成它的命令；换一个公式，就能推导你自己的网络。
""",
}


def quoted(argument):
    return f'"{argument}"' if any(c in argument for c in " ()*'|;&,^") else argument


def derived(program, arguments, language):
    """What the program prints, and the command as a reader would type it."""
    options = [*arguments, "--lang", language, "--format", "markdown"]
    run = subprocess.run([program, "derive", *options], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)}: {run.stderr}")
    return run.stdout, " ".join(quoted(a) for a in ["catenary", "derive", *options])


REACH = {"en": "How far back the derivative reaches", "zh": "导数能传多远"}


def reach(text, language):
    """The table of that section."""
    section = text.split(f"## {REACH[language]}\n", 1)[1].split("\n## ", 1)[0]
    return section[section.index("|") :].rstrip() + "\n"


def page(program, language, lesson):
    slug, english, chinese, intro, intro_zh, arguments, *sections = lesson
    is_english = language == "en"
    text, shown = derived(program, arguments, language)
    body, commands = text.split("\n", 1)[1], [shown]
    for title, title_zh, words, words_zh, more in sections[0] if sections else []:
        longer, shown = derived(program, more, language)
        body += f"\n## {title if is_english else title_zh}\n\n{words if is_english else words_zh}\n\n{reach(longer, language)}"
        commands.append(shown)
    made = "Made by" if is_english else "生成命令"
    listed = "\n".join(f"    {command}" for command in commands)
    return (
        f"# {english if is_english else chinese}\n\n{intro if is_english else intro_zh}\n{body}\n---\n\n{made}\n\n{listed}\n"
    )


def pages(program):
    """All generated files: path -> text."""
    result = {}
    for language in ("en", "zh"):
        for lesson in LESSONS:
            result[FOLDER / language / f"{lesson[0]}.md"] = page(program, language, lesson)
        lines = "\n".join(
            f"{i}. [{lesson[1] if language == 'en' else lesson[2]}]({lesson[0]}.md)" for i, lesson in enumerate(LESSONS, 1)
        )
        result[FOLDER / language / "README.md"] = INDEX[language].format(lessons=lines)
    return result


def without_errors(text):
    """The text but for the checks' errors, which are rounding and differ from one machine's exp() to another's."""
    return re.sub(r"\b\d\.\d(?:e[+-]\d\d\b| \\times 10\^\{-?\d+\})", "…", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    stale = []
    for path, text in pages(arguments.program).items():
        if arguments.check:
            if not path.exists() or without_errors(path.read_text(encoding="utf-8")) != without_errors(text):
                stale.append(str(path.relative_to(FOLDER.parent.parent)))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{path} is not what the program prints; run: tools/derivations.py {arguments.program}", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
